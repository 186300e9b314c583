#include "lib/ldap/message.h"

#include <ldap.h>

#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace mailverdict {
namespace {

// The attribute's name without its options, because they do not change the
// meaning of a value. The option "range=" is kept: it says that only a part of
// the values is here.
std::string KeyOf(absl::string_view name) {
  if (!absl::StrContains(name, ';')) return absl::AsciiStrToLower(name);
  const std::vector<std::string> parts =
      absl::StrSplit(absl::AsciiStrToLower(name), ';');
  for (const std::string& option : parts) {
    if (absl::StartsWith(option, "range=")) {
      return absl::StrCat(parts.front(), ";", option);
    }
  }
  return parts.front();
}

// Returns false if a part of the entry cannot be read.
bool ReadEntry(LDAP* handle, LDAPMessage* message, SearchResult::Entry* out) {
  BerElement* ber = nullptr;
  const absl::Cleanup free = [&ber] {
    if (ber != nullptr) ber_free(ber, 0);
  };
  berval dn{};
  if (ldap_get_dn_ber(handle, message, &ber, &dn) != LDAP_SUCCESS) return false;
  out->dn.assign(dn.bv_val, dn.bv_len);
  while (true) {
    berval name{};             // points into the message
    berval* values = nullptr;  // an array of our own; its elements do not own
    const int code =
        ldap_get_attribute_ber(handle, message, ber, &name, &values);
    const absl::Cleanup free_values = [values] { ber_memfree(values); };
    if (code != LDAP_SUCCESS) return false;
    if (name.bv_val == nullptr) return true;
    std::vector<std::string>& all =
        out->attributes
            .emplace_back(KeyOf({name.bv_val, name.bv_len}),
                          std::vector<std::string>())
            .second;
    for (const berval* v = values; v != nullptr && v->bv_val != nullptr; ++v) {
      all.emplace_back(v->bv_val, v->bv_len);
    }
  }
}

// What to mend when a search fails with `code`.
std::string AdviceFor(int code, const std::string& base) {
  switch (code) {
    case LDAP_NO_SUCH_OBJECT:
      return absl::StrCat("; the base \"", base,
                          "\" is not there, or the account may not see it");
    case LDAP_INSUFFICIENT_ACCESS:
      return absl::StrCat("; give the account read access to \"", base,
                          "\" and to the filter's attributes");
    case LDAP_REFERRAL:
      return absl::StrCat("; the server does not hold the base \"", base,
                          "\": name one that does in uri");
    case LDAP_SIZELIMIT_EXCEEDED:
      return "; raise the server's size limit for the account";
    case LDAP_TIMELIMIT_EXCEEDED:
    case LDAP_ADMINLIMIT_EXCEEDED:
      return "; are the filter's attributes indexed?";
    case LDAP_BUSY:
    case LDAP_UNAVAILABLE:
      return "; the server is overloaded, starting or stopping";
    default:
      return "";
  }
}

}  // namespace

std::string DescribeResult(int code, const char* diagnostic) {
  std::string text = absl::StrCat(ldap_err2string(code), " (", code, ")");
  if (diagnostic != nullptr && diagnostic[0] != '\0') {
    absl::StrAppend(&text, ": ", diagnostic);
  }
  return text;
}

bool TakeMessage(ldap* handle, ldapmsg* message, const std::string& base,
                 SearchResult* result) {
  switch (ldap_msgtype(message)) {
    case LDAP_RES_SEARCH_ENTRY:
      if (!ReadEntry(handle, message, &result->entries.emplace_back())) {
        result->failure =
            "search: the server sent an entry that cannot be read";
      }
      return false;
    case LDAP_RES_SEARCH_REFERENCE: {
      char** references = nullptr;
      const int code =
          ldap_parse_reference(handle, message, &references, nullptr, 0);
      if (code != LDAP_SUCCESS || references == nullptr) {
        result->references.push_back("an unreadable place");
        return false;
      }
      for (char** r = references; *r != nullptr; ++r) {
        result->references.push_back(*r);
      }
      ber_memvfree(reinterpret_cast<void**>(references));
      return false;
    }
    case LDAP_RES_SEARCH_RESULT: {
      int code = LDAP_OTHER;
      char* diagnostic = nullptr;
      const int parsed = ldap_parse_result(handle, message, &code, nullptr,
                                           &diagnostic, nullptr, nullptr, 0);
      if (parsed != LDAP_SUCCESS) code = parsed;
      if (code != LDAP_SUCCESS) {
        result->failure =
            absl::StrCat("search: ", DescribeResult(code, diagnostic),
                         AdviceFor(code, base));
      }
      result->truncated = code == LDAP_SIZELIMIT_EXCEEDED;
      ldap_memfree(diagnostic);
      return true;
    }
    default:
      result->failure = absl::StrCat(
          "search: the server answered with message ", ldap_msgtype(message));
      return true;
  }
}

}  // namespace mailverdict

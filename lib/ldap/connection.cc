#include "lib/ldap/connection.h"

#include <ldap.h>
#include <poll.h>
#include <sys/time.h>

#include <cstdlib>
#include <mutex>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "lib/ldap/message.h"

namespace mailverdict {
namespace {

constexpr char kSearch[] = "search";

}  // namespace

LdapConnection::LdapConnection(const DirectoryPolicy& directory,
                               const std::string& uri, uint64_t number)
    : directory_(directory), uri_(uri), number_(number) {
  for (const std::string& attribute : directory.filter.attributes()) {
    attributes_.push_back(const_cast<char*>(attribute.c_str()));
  }
  attributes_.push_back(nullptr);
}

// ldap.conf, ~/.ldaprc and LDAP* variables (ldap.conf(5)) may set a size limit,
// a base, an alias rule or a CA. These must not change the meaning of an
// answer. libldap reads them when it is first used. We use it here for the
// first time, before there is a thread that setenv could race with.
void LdapConnection::IgnoreAmbientDefaults() {
  static std::once_flag once;
  std::call_once(once, [] {
    setenv("LDAPNOINIT", "1", 1);
    LDAP* handle = nullptr;
    ldap_initialize(&handle, "ldap://");
    if (handle != nullptr) ldap_unbind_ext(handle, nullptr, nullptr);
  });
}

LdapConnection::~LdapConnection() {
  if (handle_ == nullptr) return;
  ldap_unbind_ext(handle_, nullptr, nullptr);
}

int LdapConnection::fd() const {
  int fd = -1;
  ldap_get_option(handle_, LDAP_OPT_DESC, &fd);
  return fd;
}

short LdapConnection::events() const {  // NOLINT: as poll(2) has it
  return writing_ ? POLLIN | POLLOUT : POLLIN;
}

bool LdapConnection::ready() const {
  pollfd poll_fd{fd(), POLLOUT, 0};
  // An error of poll counts as ready: sending will report it.
  return !writing_ && poll(&poll_fd, 1, 0) != 0;
}

absl::StatusOr<int> LdapConnection::Search(std::string_view filter,
                                           int max_entries, absl::Time now) {
  static constexpr int kScopes[] = {LDAP_SCOPE_BASE, LDAP_SCOPE_ONELEVEL,
                                    LDAP_SCOPE_SUBTREE};
  // If the connection is lost, libldap would open another one by itself,
  // without a bind.
  if (status_.ok() && fd() < 0) status_ = Failed(kSearch);
  if (!status_.ok()) return status_;
  timeval limit = absl::ToTimeval(directory_.timeout);
  int id = 0;
  const int code = ldap_search_ext(
      handle_, directory_.base.c_str(),
      kScopes[static_cast<int>(directory_.scope)], std::string(filter).c_str(),
      attributes_.data(), 0, nullptr, nullptr, &limit, max_entries, &id);
  if (code == LDAP_FILTER_ERROR) {
    return absl::InvalidArgumentError(
        "search: libldap cannot read the filter; mend filter in the policy");
  }
  if (code != LDAP_SUCCESS) return status_ = Failed(kSearch);
  int left = LDAP_SUCCESS;
  ldap_get_option(handle_, LDAP_OPT_RESULT_CODE, &left);
  writing_ = left == LDAP_BUSY;
  SearchResult& result = searches_[id];
  result.origin = {uri_, number_, static_cast<uint64_t>(id), now,
                   absl::InfiniteFuture()};
  return id;
}

std::vector<std::pair<int, SearchResult>> LdapConnection::Receive(
    absl::Time now) {
  std::vector<std::pair<int, SearchResult>> complete;
  while (status_.ok()) {
    timeval at_once{0, 0};
    LDAPMessage* message = nullptr;
    const int kind =
        ldap_result(handle_, LDAP_RES_ANY, LDAP_MSG_ONE, &at_once, &message);
    if (kind < 0 || fd() < 0) status_ = Failed(kSearch);
    if (kind <= 0) {
      // libldap has now sent as much as the socket took. If the socket still
      // has room, nothing is left to send.
      writing_ = false;
      writing_ = !ready();
      break;
    }
    const absl::Cleanup free = [message] { ldap_msgfree(message); };
    if (ldap_msgid(message) == 0) {
      // A notice of disconnection (RFC 4511 4.4.1). The server will not answer
      // the other searches, but may leave the connection open.
      status_ = absl::UnavailableError(
          "search: the server gave notice that it closes the connection");
      break;
    }
    const auto search = searches_.find(ldap_msgid(message));
    if (search == searches_.end()) continue;  // not ours
    if (!TakeMessage(handle_, message, directory_.base, &search->second)) {
      continue;
    }
    search->second.origin.received = now;
    complete.emplace_back(search->first, std::move(search->second));
    searches_.erase(search);
  }
  return complete;
}

int LdapConnection::ResultCode() const {
  int code = LDAP_SERVER_DOWN;
  ldap_get_option(handle_, LDAP_OPT_RESULT_CODE, &code);
  return code == LDAP_SUCCESS ? LDAP_SERVER_DOWN : code;
}

std::string LdapConnection::Diagnostic() const {
  char* diagnostic = nullptr;
  ldap_get_option(handle_, LDAP_OPT_DIAGNOSTIC_MESSAGE, &diagnostic);
  const absl::Cleanup free = [diagnostic] { ldap_memfree(diagnostic); };
  return diagnostic == nullptr ? "" : diagnostic;
}

// For a lost connection libldap says "Can't contact LDAP server", which reads
// like a server that does not run.
absl::Status LdapConnection::Failed(std::string_view step) const {
  const int code = ResultCode();
  const std::string diagnostic = Diagnostic();
  std::string text;
  if (code == LDAP_DECODING_ERROR) {
    text = "the server sent a malformed message; is it an LDAP server?";
  } else if (code != LDAP_SERVER_DOWN && code != LDAP_TIMEOUT) {
    text = absl::StrCat("libldap failed on this machine: ",
                        DescribeResult(code, diagnostic.c_str()));
  } else if (diagnostic.empty()) {
    text = "the server closed the connection; was it stopped or restarted?";
  } else {
    text = absl::StrCat("the connection broke (", diagnostic,
                        "); was the server stopped or restarted?");
  }
  return absl::UnavailableError(
      absl::StrCat(absl::string_view(step.data(), step.size()), ": ", text));
}

}  // namespace mailverdict

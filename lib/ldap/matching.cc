#include "lib/ldap/matching.h"

#include <ldap.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace mailverdict {
namespace {

bool IsPlain(char c) {
  return absl::ascii_isprint(static_cast<unsigned char>(c));
}

bool AllPlain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), IsPlain);
}

std::string Fold(std::string text) {
  absl::AsciiStrToLower(&text);
  absl::RemoveExtraAsciiWhitespace(&text);
  return text;
}

// Removes the plain text that both begin with, and the plain text that both end
// with.
void StripCommon(std::string_view* a, std::string_view* b) {
  while (!a->empty() && !b->empty() && a->front() == b->front() &&
         IsPlain(a->front())) {
    a->remove_prefix(1);
    b->remove_prefix(1);
  }
  while (!a->empty() && !b->empty() && a->back() == b->back() &&
         IsPlain(a->back())) {
    a->remove_suffix(1);
    b->remove_suffix(1);
  }
}

// Whether a server's rules could turn `odd` into `plain`. They keep printable
// ASCII, except for the number of blanks. Any other letter becomes at most
// twice as long: NFKC turns the three bytes of U+247D into the four bytes
// "(10)", and no letter of Unicode 14 grows more.
bool CouldRead(std::string_view odd, std::string_view plain) {
  if (plain.size() > 2 * odd.size()) return false;
  size_t at = 0;
  for (char c : odd) {
    if (!IsPlain(c) || c == ' ') continue;
    at = plain.find(c, at);
    if (at++ == std::string_view::npos) return false;
  }
  return true;
}

// ComparableDn for a DN without escapes and special characters, as nearly all
// are. It avoids the many allocations of libldap's parser. Returns "" for any
// other DN.
std::string ComparablePlainDn(std::string_view text) {
  const auto is_letter = [](unsigned char c) { return absl::ascii_isalpha(c); };
  const auto is_plain = [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '.' || c == '@' ||
           c == '_';
  };
  std::string out;
  out.reserve(text.size() + 16);
  for (bool more = true; more;) {
    const std::string_view rdn = text.substr(0, text.find(','));
    const size_t equals = rdn.find('=');
    if (equals == 0 || equals >= rdn.size() - 1) return "";
    const std::string_view name = rdn.substr(0, equals);
    const std::string_view value = rdn.substr(equals + 1);
    if (!std::all_of(name.begin(), name.end(), is_letter) ||
        !std::all_of(value.begin(), value.end(), is_plain)) {
      return "";
    }
    const absl::AlphaNum length(value.size());
    out.append(name).append("=").append(length.data(), length.size());
    out.append(":").append(value).append(",");
    more = rdn.size() < text.size();
    text.remove_prefix(std::min(rdn.size() + 1, text.size()));
  }
  absl::AsciiStrToLower(&out);
  return out;
}

}  // namespace

Folded::Folded(std::string value)
    : text(Fold(std::move(value))), plain(AllPlain(text)) {}

Match Compare(const Folded& shown, const Folded& wanted) {
  if (shown.text == wanted.text) return Match::kYes;
  if (shown.plain && wanted.plain) return Match::kNo;
  std::string_view a = shown.text, b = wanted.text;
  const auto [s, w] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if ((s == a.end() || IsPlain(*s)) && (w == b.end() || IsPlain(*w))) {
    return Match::kNo;
  }
  StripCommon(&a, &b);
  if ((AllPlain(a) && !CouldRead(b, a)) || (AllPlain(b) && !CouldRead(a, b))) {
    return Match::kNo;
  }
  return Match::kPerhaps;
}

std::string ComparableDn(std::string_view text) {
  if (std::string plain = ComparablePlainDn(text); !plain.empty()) return plain;
  if (text.find('\0') != std::string_view::npos) return "";
  LDAPDN dn = nullptr;
  if (ldap_str2dn(std::string(text).c_str(), &dn, LDAP_DN_FORMAT_LDAP) !=
      LDAP_SUCCESS) {
    return "";
  }
  const absl::Cleanup free = [dn] { ldap_dnfree(dn); };
  std::string out;
  for (LDAPRDN* rdn = dn; rdn != nullptr && *rdn != nullptr; ++rdn) {
    std::vector<std::string> parts;
    for (LDAPAVA** part = *rdn; *part != nullptr; ++part) {
      const berval& name = (*part)->la_attr;
      const berval& bytes = (*part)->la_value;
      const std::string value = Fold(std::string(bytes.bv_val, bytes.bv_len));
      const char* kind = (*part)->la_flags & LDAP_AVA_BINARY ? "#" : "=";
      // The length before the value keeps separators within the value from
      // being misread.
      parts.push_back(absl::StrCat(Fold(std::string(name.bv_val, name.bv_len)),
                                   kind, value.size(), ":", value));
    }
    std::sort(parts.begin(), parts.end());
    for (const std::string& part : parts) absl::StrAppend(&out, part, "+");
    out.back() = ',';
  }
  return out;
}

}  // namespace mailverdict

// What LDAP's matching rules take as one, as far as that can be known without
// the server's schema. Pure.

#ifndef MAILVERDICT_LIB_LDAP_MATCHING_H_
#define MAILVERDICT_LIB_LDAP_MATCHING_H_

#include <string>
#include <string_view>

namespace mailverdict {

// In the order of what they prove.
enum class Match { kNo, kPerhaps, kYes };

// A value without what means nothing to the matching rules of mail attributes:
// letter case and the number of blanks (RFC 4517 4.2.11, RFC 4518 2.6).
struct Folded {
  explicit Folded(std::string value);

  std::string text;
  bool plain;  // printable ASCII throughout
};

// Whether two values are one. Printable ASCII that differs is different under
// any rule; whether an accented letter, its plain one and its other encodings
// are equal only the server knows.
Match Compare(const Folded& shown, const Folded& wanted);

// A DN in a form that compares: without its escapes, blanks and letter case,
// each RDN's parts in order (RFC 4514). Empty for what is no DN.
std::string ComparableDn(std::string_view dn);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_MATCHING_H_

// Compares values and DNs as LDAP's matching rules do, as far as that can be
// known without the server's schema. Pure.

#ifndef MAILVERDICT_LIB_LDAP_MATCHING_H_
#define MAILVERDICT_LIB_LDAP_MATCHING_H_

#include <string>
#include <string_view>

namespace mailverdict {

// Ordered: a greater one proves more.
enum class Match { kNo, kPerhaps, kYes };

// A value without the differences that the matching rules of mail attributes
// ignore: letter case and the number of blanks (RFC 4517 4.2.11, RFC 4518 2.6).
struct Folded {
  explicit Folded(std::string value);

  std::string text;
  bool plain;  // printable ASCII throughout
};

// Whether two values are equal. Printable ASCII that differs is different under
// any rule. Only the server knows whether an accented letter equals its plain
// letter or its other encodings: kPerhaps.
Match Compare(const Folded& shown, const Folded& wanted);

// Returns a DN in a form that can be compared as text: without escapes, blanks
// and letter case, with each RDN's parts in order (RFC 4514). Empty if `dn` is
// no DN.
std::string ComparableDn(std::string_view dn);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_MATCHING_H_

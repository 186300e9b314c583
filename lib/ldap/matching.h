// Compares values and DNs as LDAP's matching rules do, as far as this is
// possible without the server's schema. Pure.

#ifndef MAILVERDICT_LIB_LDAP_MATCHING_H_
#define MAILVERDICT_LIB_LDAP_MATCHING_H_

#include <string>
#include <string_view>

namespace mailverdict {

// The values are in order: a greater value proves more.
enum class Match { kNo, kPerhaps, kYes };

// A value in the form in which two values are compared: in lower case, with
// single blanks (RFC 4517 4.2.11, RFC 4518 2.6). The matching rules of mail
// attributes ignore these differences.
struct Folded {
  explicit Folded(std::string value);

  std::string text;
  bool plain;  // printable ASCII throughout
};

// Whether two values are equal. Two different texts of printable ASCII are
// different under any rule. Only the server knows whether an accented letter
// equals the plain letter, or another encoding of itself: then the result is
// kPerhaps.
Match Compare(const Folded& shown, const Folded& wanted);

// Returns a DN (RFC 4514) in a form that can be compared as text: unescaped, in
// lower case, without blanks that have no meaning, and with the parts of each
// RDN sorted. Empty if `dn` is not a DN.
std::string ComparableDn(std::string_view dn);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_MATCHING_H_

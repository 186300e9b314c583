// What LDAP's matching rules take as one, as far as that can be known without
// the server's schema. Pure.

#ifndef MAILVERDICT_LIB_RESOLVE_MATCHING_H_
#define MAILVERDICT_LIB_RESOLVE_MATCHING_H_

#include <string>
#include <string_view>

namespace mailverdict {

// In the order of what they prove.
enum class Match { kNo, kPerhaps, kYes };

// `text` without what means nothing to the matching rules of mail attributes:
// letter case and the number of blanks (RFC 4517 4.2.11, RFC 4518 2.6).
std::string Fold(std::string text);

// Printable ASCII throughout. Two such values are one only if they are equal.
bool IsPrintableAscii(std::string_view text);

// Whether two values, both folded, are one. Printable ASCII that differs is
// different under any rule; whether an accented letter, its plain one and its
// other encodings are equal only the server knows.
Match Compare(std::string_view shown, std::string_view wanted);

// A DN in a form that compares: without its escapes, blanks and letter case,
// each RDN's parts in order (RFC 4514). Empty for what is no DN.
std::string ComparableDn(std::string_view dn);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_RESOLVE_MATCHING_H_

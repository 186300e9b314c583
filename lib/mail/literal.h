// Parses address literals, such as the "[192.0.2.1]" of postmaster@[192.0.2.1].
// Pure and thread-safe.

#ifndef MAILVERDICT_LIB_MAIL_LITERAL_H_
#define MAILVERDICT_LIB_MAIL_LITERAL_H_

#include <optional>
#include <string>

#include "lib/mail/cursor.h"
#include "lib/mail/fault.h"

namespace mailverdict::mail {

// Reads a literal of RFC 5321 4.1.3 from '[' to ']' and appends its canonical
// text: "[192.0.2.1]", or "[ipv6:...]" with the address in the form of RFC
// 5952. An IPv6 "::" may stand for a single group, which RFC 4291 allows and
// RFC 5321 does not. General literals are refused: IPv6 is the only registered
// tag, so no mailbox has another. After a fault the position of `in` and the
// value of `canonical` are unspecified.
std::optional<Fault> ReadLiteral(Cursor& in, std::string* canonical);

}  // namespace mailverdict::mail

#endif  // MAILVERDICT_LIB_MAIL_LITERAL_H_

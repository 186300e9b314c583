// Makes text that strangers wrote safe to print: in a log, on a terminal, in an
// answer to a peer. A mail address, a DN, a server's error message or a TXT
// record can hold a newline that forges a line, ESC sequences that drive the
// terminal, or U+202E, which shows the rest of the line backwards. Pure and
// thread-safe.
//
// Code that puts such a text into a line calls this, and has no escape of its
// own. SMTP replies have a stricter form: HarmlessText (lib/core/reply.h).

#ifndef MAILVERDICT_LIB_MAIL_ESCAPE_H_
#define MAILVERDICT_LIB_MAIL_ESCAPE_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace mailverdict::mail {

// Writes each byte that is not printable ASCII as \xHH. A backslash stays as it
// is, so that escaping twice is the same as escaping once.
std::string EscapeLine(std::string_view line);
void AppendEscaped(std::string_view line, std::string* out);

// The same, cut to `max_bytes` of escaped text with "..." behind it. Never cuts
// within an escape.
std::string EscapeUpTo(std::string_view text, size_t max_bytes);

// Whether EscapeLine leaves it as it is.
bool IsPlain(std::string_view line);

}  // namespace mailverdict::mail

#endif  // MAILVERDICT_LIB_MAIL_ESCAPE_H_

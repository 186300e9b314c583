// Makes text that strangers wrote safe to print in a log, on a terminal, or in
// an answer to a peer. A mail address, a DN, a server's error message or a TXT
// record can contain a newline that forges a line, ESC sequences that control
// the terminal, or U+202E, which shows the rest of the line backwards. Pure and
// thread-safe.
//
// Code that puts such a text into a line uses these functions and no others.
// SMTP replies have a stricter form: HarmlessText (lib/core/reply.h).

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

// Like EscapeLine, but cuts the escaped text to `max_bytes` and then appends
// "...". Never cuts within an escape.
std::string EscapeUpTo(std::string_view text, size_t max_bytes);

// Whether EscapeLine would return `line` unchanged.
bool IsPlain(std::string_view line);

}  // namespace mailverdict::mail

#endif  // MAILVERDICT_LIB_MAIL_ESCAPE_H_

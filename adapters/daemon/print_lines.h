// Prints text on a terminal for operators, so that no text of a stranger in it
// can drive the terminal.

#ifndef MAILVERDICT_ADAPTERS_DAEMON_PRINT_LINES_H_
#define MAILVERDICT_ADAPTERS_DAEMON_PRINT_LINES_H_

#include <cstdio>
#include <string_view>

namespace mailverdict {

// Writes `text` to `out`, each of its lines escaped (mail::EscapeLine). Adds a
// newline at the end if there is none. Escape newlines in untrusted text before
// calling this; every newline in `text` starts a new line.
void PrintLines(std::FILE* out, std::string_view text);

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_DAEMON_PRINT_LINES_H_

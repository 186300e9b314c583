#include "adapters/daemon/print_lines.h"

#include <algorithm>
#include <string>

#include "lib/mail/escape.h"

namespace mailverdict {

void PrintLines(std::FILE* out, std::string_view text) {
  std::string escaped;
  do {
    const std::string_view line = text.substr(0, text.find('\n'));
    mail::AppendEscaped(line, &escaped);
    escaped += '\n';
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  } while (!text.empty());
  std::fwrite(escaped.data(), 1, escaped.size(), out);
}

}  // namespace mailverdict

#include "adapters/loop/log.h"

#include <syslog.h>

#include <algorithm>

namespace mailverdict {

int SyslogPriority(Severity severity) {
  switch (severity) {
    case Severity::kInfo:
      return LOG_INFO;
    case Severity::kWarning:
      return LOG_WARNING;
    case Severity::kError:
      return LOG_ERR;
  }
  return LOG_ERR;
}

std::string EscapeLine(std::string_view line) {
  std::string escaped;
  AppendEscaped(line, &escaped);
  return escaped;
}

void AppendEscaped(std::string_view line, std::string* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  const auto plain = [](char c) { return c >= ' ' && c <= '~'; };
  for (auto at = line.begin();; ++at) {
    const auto end = std::find_if_not(at, line.end(), plain);
    out->append(at, end);
    if (end == line.end()) return;
    at = end;
    const auto byte = static_cast<unsigned char>(*at);
    *out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
  }
}

}  // namespace mailverdict

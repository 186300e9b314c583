#include "adapters/deliver/users/log_text.h"

#include "lib/loop/log.h"

namespace mailverdict::deliver {

std::string ForLog(std::string_view text, size_t max_bytes) {
  std::string shown;
  for (const char& c : text) {
    const std::string escaped = EscapeLine({&c, 1});
    if (shown.size() + escaped.size() > max_bytes) return shown + "...";
    shown += escaped;
  }
  return shown;
}

}  // namespace mailverdict::deliver

#include "lib/core/reply.h"

namespace mailverdict {

std::string HarmlessText(std::string_view text) {
  constexpr std::string_view kInterpreted = "%\"()<>\\;$";
  std::string harmless;
  bool blank = false;
  for (const char c : text) {
    if (c <= ' ' || c > '~' || kInterpreted.find(c) != kInterpreted.npos) {
      blank = true;
      continue;
    }
    blank &= !harmless.empty();
    if (harmless.size() + (blank ? 2 : 1) > kMaxReplyText) break;
    if (blank) harmless += ' ';
    blank = false;
    harmless += c;
  }
  return harmless;
}

}  // namespace mailverdict

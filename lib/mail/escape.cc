#include "lib/mail/escape.h"

#include <cstdint>
#include <cstring>

namespace mailverdict::mail {
namespace {

// The number of bytes at the front that need no escape. Tests eight bytes at a
// time, because nearly all lines are plain as a whole.
size_t CountPlain(std::string_view text) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kTops = 0x80 * kOnes;
  size_t count = 0;
  for (uint64_t bytes; count + sizeof bytes <= text.size();
       count += sizeof bytes) {
    std::memcpy(&bytes, text.data() + count, sizeof bytes);
    // The top bit of a byte is set in the first term if the byte is not ASCII;
    // in the second if it is 0x7f, because adding one sets it; in the third if
    // it is below ' ', because subtracting ' ' borrows. Carries and borrows
    // reach only bytes above the first such byte.
    if (((bytes | (bytes + kOnes) | (bytes - ' ' * kOnes)) & kTops) != 0) break;
  }
  const auto plain = [](char c) { return c >= ' ' && c <= '~'; };
  while (count < text.size() && plain(text[count])) ++count;
  return count;
}

}  // namespace

bool IsPlain(std::string_view line) { return CountPlain(line) == line.size(); }

std::string EscapeLine(std::string_view line) {
  std::string escaped;
  AppendEscaped(line, &escaped);
  return escaped;
}

void AppendEscaped(std::string_view line, std::string* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  while (!line.empty()) {
    const size_t plain = CountPlain(line);
    out->append(line.substr(0, plain));
    line.remove_prefix(plain);
    if (line.empty()) return;
    const auto byte = static_cast<unsigned char>(line[0]);
    *out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    line.remove_prefix(1);
  }
}

std::string EscapeUpTo(std::string_view text, size_t max_bytes) {
  std::string shown;
  for (const char& c : text) {
    const std::string escaped = EscapeLine({&c, 1});
    if (shown.size() + escaped.size() > max_bytes) return shown + "...";
    shown += escaped;
  }
  return shown;
}

}  // namespace mailverdict::mail

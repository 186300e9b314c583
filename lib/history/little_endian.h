// Reads and writes the numbers in a Store's values: little-endian, of fixed
// size.

#ifndef MAILVERDICT_LIB_HISTORY_LITTLE_ENDIAN_H_
#define MAILVERDICT_LIB_HISTORY_LITTLE_ENDIAN_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lib/mail/cursor.h"

namespace mailverdict {

// Appends `number` to `out`. Unsigned is uint8_t, uint16_t, uint32_t or
// uint64_t, here and below.
template <typename Unsigned>
void AppendNumber(Unsigned number, std::string* out) {
  for (size_t i = 0; i < sizeof number; ++i) {
    out->push_back(static_cast<char>(number >> (8 * i) & 0xff));
  }
}

// Reads a number and moves `in` past it. If too few bytes are left, returns
// nullopt and does not move `in`.
template <typename Unsigned>
std::optional<Unsigned> TakeNumber(mail::Cursor* in) {
  const std::optional<std::string_view> bytes = in->Take(sizeof(Unsigned));
  if (!bytes.has_value()) return std::nullopt;
  Unsigned number = 0;
  for (size_t i = 0; i < sizeof number; ++i) {
    number |= static_cast<Unsigned>(static_cast<unsigned char>((*bytes)[i]))
              << (8 * i);
  }
  return number;
}

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_HISTORY_LITTLE_ENDIAN_H_

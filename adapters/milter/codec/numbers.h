// Numbers in network order, read by a Cursor.

#ifndef MAILVERDICT_ADAPTERS_MILTER_CODEC_NUMBERS_H_
#define MAILVERDICT_ADAPTERS_MILTER_CODEC_NUMBERS_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "lib/mail/cursor.h"

namespace mailverdict::milter {

// Reads a number of the size of `Number`. If fewer bytes are left, returns
// nullopt and does not move.
template <typename Number>
std::optional<Number> ReadNumber(mail::Cursor& in) {
  const std::optional<std::string_view> bytes = in.Take(sizeof(Number));
  if (!bytes.has_value()) return std::nullopt;
  Number value = 0;
  for (char c : *bytes) {
    value = static_cast<Number>(value << 8 | static_cast<uint8_t>(c));
  }
  return value;
}

}  // namespace mailverdict::milter

#endif  // MAILVERDICT_ADAPTERS_MILTER_CODEC_NUMBERS_H_

// Classes of the bytes that an address may contain: RFC 5321 4.1.2, and RFC
// 6531 3.3 for bytes that are not ASCII.

#ifndef MAILVERDICT_LIB_MAIL_BYTES_H_
#define MAILVERDICT_LIB_MAIL_BYTES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mailverdict::mail {

inline constexpr uint8_t kAtomByte = 1;   // in an unquoted local part
inline constexpr uint8_t kLabelByte = 2;  // in a label of a domain

inline constexpr std::array<uint8_t, 256> kByteClasses = [] {
  std::array<uint8_t, 256> classes{};
  for (size_t c = 0x80; c < 0x100; ++c) classes[c] = kAtomByte | kLabelByte;
  for (size_t c = 'a'; c <= 'z'; ++c) classes[c] = kAtomByte | kLabelByte;
  for (size_t c = 'A'; c <= 'Z'; ++c) classes[c] = kAtomByte | kLabelByte;
  for (size_t c = '0'; c <= '9'; ++c) classes[c] = kAtomByte | kLabelByte;
  for (char c : std::string_view("!#$%&'*+/=?^`{|}~.")) {
    classes[static_cast<uint8_t>(c)] = kAtomByte;
  }
  // Hyphens and underscores are allowed anywhere in a label, as in DNS (RFC
  // 2181 11): hosts with such names do send mail.
  classes['-'] = classes['_'] = kAtomByte | kLabelByte;
  return classes;
}();

inline bool IsAtomByte(char c) {
  return (kByteClasses[static_cast<uint8_t>(c)] & kAtomByte) != 0;
}
inline bool IsLabelByte(char c) {
  return (kByteClasses[static_cast<uint8_t>(c)] & kLabelByte) != 0;
}
inline bool IsAscii(char c) { return static_cast<uint8_t>(c) < 0x80; }
// False for ASCII control characters, which no part of a mail command may
// contain.
inline bool IsPrintable(char c) { return !IsAscii(c) || (c >= ' ' && c < 127); }

inline bool IsAscii(std::string_view text) {
  uint8_t all = 0;
  for (char c : text) all |= static_cast<uint8_t>(c);
  return all < 0x80;
}

}  // namespace mailverdict::mail

#endif  // MAILVERDICT_LIB_MAIL_BYTES_H_

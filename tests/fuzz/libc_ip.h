// How libc reads an IP address: the other reader that ip_fuzz compares with.
// It stands here because nothing under lib/mail includes a header of the
// system.

#ifndef MAILVERDICT_TESTS_FUZZ_LIBC_IP_H_
#define MAILVERDICT_TESTS_FUZZ_LIBC_IP_H_

#include <arpa/inet.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace mailverdict {

// In the order of the network, an IPv4 address mapped (RFC 4291 2.5.5.2).
// nullopt for what is no address to inet_pton(3).
inline std::optional<std::array<uint8_t, 16>> IpByLibc(
    const std::string& text) {
  if (text.find('\0') != text.npos) return std::nullopt;
  std::array<uint8_t, 16> bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (inet_pton(AF_INET, text.c_str(), &bytes[12]) != 1 &&
      inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) {
    return std::nullopt;
  }
  return bytes;
}

}  // namespace mailverdict

#endif  // MAILVERDICT_TESTS_FUZZ_LIBC_IP_H_

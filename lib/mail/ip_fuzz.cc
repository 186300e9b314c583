// Addresses, networks and literals: ParseIp accepts the same texts as
// inet_pton, and a canonical form is unique.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/mail/ip.h"
#include "lib/mail/literal.h"
#include "tests/fuzz/libc_ip.h"
#include "tests/fuzz/require.h"

namespace mailverdict::mail {
namespace {

void ReadAddress(const std::string& text) {
  const std::optional<IpAddress> address = ParseIp(text);
  const auto libc = IpByLibc(text);
  Require(address.has_value() == libc.has_value(), "libc reads the same");
  if (!address.has_value()) return;
  for (size_t i = 0; i < 8; ++i) {
    Require(address->groups[i] == ((*libc)[2 * i] << 8 | (*libc)[2 * i + 1]),
            "and as the same address");
  }
  const auto network = IpNetwork::Parse(text);
  Require(network.has_value() && network->Contains(*address),
          "an address is a network of one");
  Require(NetworkKeyOf(*address).size() == (IsIpv4(*address) ? 8u : 16u),
          "the key of a network is written in one way");
}

void ReadNetwork(const std::string& text) {
  const auto network = IpNetwork::Parse(text);
  if (!network.has_value()) return;
  Require(network->Contains(*network), "a network contains itself");
  const auto base = ParseIp(text.substr(0, text.find('/')));
  Require(base.has_value() && network->Contains(*base), "and its own address");
}

void ReadLiterally(const std::string& text) {
  Cursor in(text);
  std::string canonical;
  if (ReadLiteral(in, &canonical).has_value()) return;
  Require(text.substr(0, 1) == "[" && text[in.offset() - 1] == ']',
          "a literal stands in brackets");
  Cursor again(canonical);
  std::string twice;
  Require(!ReadLiteral(again, &twice).has_value() && again.done(),
          "the canonical form is a literal");
  Require(twice == canonical, "and its own");
}

}  // namespace
}  // namespace mailverdict::mail

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(mailverdict::Bytes(data, size));
  mailverdict::mail::ReadAddress(text);
  mailverdict::mail::ReadNetwork(text);
  mailverdict::mail::ReadLiterally(text);
  return 0;
}

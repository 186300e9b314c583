// IP addresses and networks, and parsers for the text that MTAs and operators
// write. Pure and thread-safe.

#ifndef MAILVERDICT_LIB_MAIL_IP_H_
#define MAILVERDICT_LIB_MAIL_IP_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/mail/cursor.h"
#include "lib/mail/fault.h"

namespace mailverdict::mail {

// An IPv4 or IPv6 address. An IPv4 address is stored as its IPv4-mapped IPv6
// address (RFC 4291 2.5.5.2), so 192.0.2.1 and ::ffff:192.0.2.1 are equal.
struct IpAddress {
  using Groups = std::array<uint16_t, 8>;
  Groups groups{};
};

// Parses "192.0.2.1" or "2001:db8::1"; nothing may follow. Returns nullopt for
// anything else. IPv4 numbers with leading zeros are refused because many
// programs read them as octal. Zones ("%eth0") are refused too.
std::optional<IpAddress> ParseIp(std::string_view text);

// The network of an address, /24 for IPv4 and /64 for IPv6, as a key: two
// addresses are in one network if the keys are equal.
std::string NetworkKeyOf(const IpAddress& address);

// A network in CIDR notation. A value.
class IpNetwork {
 public:
  // Parses "192.0.2.0/24", "2001:db8::/32" (RFC 4632 3.1, RFC 4291 2.3), or a
  // single address. Returns nullopt for anything else. An address with bits set
  // after its prefix, such as 10.1.2.3/8, is refused because it may be a
  // mistake.
  static std::optional<IpNetwork> Parse(std::string_view text);

  bool Contains(const IpAddress& address) const;
  // Whether all of `other` is in this network.
  bool Contains(const IpNetwork& other) const;

 private:
  IpNetwork(const IpAddress& base, int bits) : base_(base), bits_(bits) {}
  IpAddress::Groups Masked(const IpAddress& address) const;

  IpAddress base_;
  int bits_;  // prefix length, 0 to 128
};

bool IsIpv4(const IpAddress& address);

// Whether a host on the internet can have this address: false for what the IANA
// special-purpose registries (RFC 6890) call not globally reachable, such as
// loopback, private use, a carrier's shared space and link-local, and for
// multicast. The table is in ip.cc; documentation addresses count as public.
bool IsPublic(const IpAddress& address);

// For parsers of texts that contain an address. After a fault the position of
// `in` is unspecified.
std::optional<Fault> ReadIpv4(Cursor& in, uint32_t* address);
std::optional<Fault> ReadIpv6(Cursor& in, IpAddress::Groups* groups);

}  // namespace mailverdict::mail

#endif  // MAILVERDICT_LIB_MAIL_IP_H_

// IP addresses and networks, from the text that MTAs and operators write. Pure
// and thread-safe.

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

// An IPv4 address is kept as the IPv6 address that it is mapped into (RFC 4291
// 2.5.5.2), so that 192.0.2.1 and ::ffff:192.0.2.1 are one.
struct IpAddress {
  using Groups = std::array<uint16_t, 8>;
  Groups groups{};
};

// "192.0.2.1" or "2001:db8::1", whole; nullopt for anything else, for leading
// zeros in IPv4 (half the world reads them as octal) and for zones ("%eth0").
std::optional<IpAddress> ParseIp(std::string_view text);

// The network that an address shares with its neighbours, /24 of IPv4 and /64
// of IPv6, written in one way: to be compared with others.
std::string NeighbourhoodOf(const IpAddress& address);

class IpNetwork {
 public:
  // "192.0.2.0/24", "2001:db8::/32" (RFC 4632 3.1, RFC 4291 2.3), or a single
  // address. nullopt for anything else, and for one with bits set behind its
  // prefix: 10.1.2.3/8 may be a typing error.
  static std::optional<IpNetwork> Parse(std::string_view text);

  bool Contains(const IpAddress& address) const;
  // All of it.
  bool Contains(const IpNetwork& other) const;

 private:
  IpNetwork(const IpAddress& base, int bits) : base_(base), bits_(bits) {}
  IpAddress::Groups Masked(const IpAddress& address) const;

  IpAddress base_;
  int bits_;  // of the 128
};

bool IsIpv4(const IpAddress& address);

// Whether a host on the internet can have this address: false for what the IANA
// special-purpose registries (RFC 6890) call not globally reachable, such as
// loopback, private use, a carrier's shared space and link-local, and for
// multicast. The table is in ip.cc; documentation addresses count as public.
bool IsPublic(const IpAddress& address);

// For parsers of what holds an address. On a fault `in` is left somewhere in
// between.
std::optional<Fault> ReadIpv4(Cursor& in, uint32_t* address);
std::optional<Fault> ReadIpv6(Cursor& in, IpAddress::Groups* groups);

}  // namespace mailverdict::mail

#endif  // MAILVERDICT_LIB_MAIL_IP_H_

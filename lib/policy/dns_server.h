// A server of DNS, as the policy names it.

#ifndef MAILVERDICT_LIB_POLICY_DNS_SERVER_H_
#define MAILVERDICT_LIB_POLICY_DNS_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace mailverdict {

// A value; thread-safe.
struct DnsServer {
  static constexpr uint16_t kPort = 53;

  // An interface's name has up to 15 bytes (IFNAMSIZ of Linux).
  static constexpr size_t kMaxZoneBytes = 15;

  std::string address;  // "192.0.2.53", "2001:db8::53"
  uint16_t port = kPort;
  // Of an IPv6 address, the interface that leads there, by its name or number
  // (RFC 4007 11): "eth0", "2". Empty if any does.
  std::string zone{};

  // "192.0.2.53", "192.0.2.53:5353", "2001:db8::53", "[2001:db8::53]:5353",
  // "fe80::1%eth0" or "[fe80::1%eth0]:5353". InvalidArgument for anything else:
  // a name would have to be asked of DNS, and a link-local address without a
  // zone cannot be reached.
  static absl::StatusOr<DnsServer> Parse(std::string_view text);
  // The same, without the port where it is 53.
  std::string ToString() const;

  friend bool operator==(const DnsServer& a, const DnsServer& b) {
    return a.address == b.address && a.port == b.port && a.zone == b.zone;
  }
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_DNS_SERVER_H_

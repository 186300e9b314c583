// The address of a DNS server, as the policy writes it.

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

  // The name of an interface has at most 15 bytes (IFNAMSIZ of Linux).
  static constexpr size_t kMaxInterfaceBytes = 15;

  std::string address;  // "192.0.2.53", "2001:db8::53"
  uint16_t port = kPort;
  // For an IPv6 address: the interface through which the server is reached, by
  // name or number (RFC 4007 11): "eth0", "2". Empty: any interface.
  std::string interface {};

  // Parses "192.0.2.53", "192.0.2.53:5353", "2001:db8::53",
  // "[2001:db8::53]:5353", "fe80::1%eth0" or "[fe80::1%eth0]:5353".
  // InvalidArgument for anything else. A host name is refused because we would
  // need DNS to resolve it. A link-local address without an interface is
  // refused because it cannot be reached.
  static absl::StatusOr<DnsServer> Parse(std::string_view text);
  // The inverse of Parse. Leaves out the port if it is 53.
  std::string ToString() const;

  friend bool operator==(const DnsServer& a, const DnsServer& b) {
    return a.address == b.address && a.port == b.port &&
           a.interface == b.interface;
  }
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_DNS_SERVER_H_

// A server of DNS, as the policy names it.

#ifndef MAILVERDICT_LIB_CORE_DNS_SERVER_H_
#define MAILVERDICT_LIB_CORE_DNS_SERVER_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace mailverdict {

// A value; thread-safe.
struct DnsServer {
  static constexpr uint16_t kPort = 53;

  std::string address;  // "192.0.2.53", "2001:db8::53"
  uint16_t port = kPort;

  // "192.0.2.53", "192.0.2.53:5353", "2001:db8::53" or "[2001:db8::53]:5353".
  // InvalidArgument for anything else: a name would have to be asked of DNS.
  static absl::StatusOr<DnsServer> Parse(std::string_view text);
  // The same, without the port where it is 53.
  std::string ToString() const;

  friend bool operator==(const DnsServer& a, const DnsServer& b) {
    return a.address == b.address && a.port == b.port;
  }
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_DNS_SERVER_H_

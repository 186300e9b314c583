// Which servers DNS is asked of.

#ifndef MAILVERDICT_LIB_RESOLVE_DNS_SERVER_H_
#define MAILVERDICT_LIB_RESOLVE_DNS_SERVER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/core/policy.h"

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

// The nameserver lines of such a file, in their order; as in resolv.conf(5),
// 127.0.0.1 if there is none or no such file. Its search list and options are
// not for us. InvalidArgument if it is there and cannot be read.
absl::StatusOr<std::vector<DnsServer>> ReadResolvConf(const std::string& path);

// The policy's, or if it names none those of /etc/resolv.conf. InvalidArgument
// as above.
absl::StatusOr<std::vector<DnsServer>> ServersOf(const DnsPolicy& policy);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_RESOLVE_DNS_SERVER_H_

// Which servers the machine asks of DNS.

#ifndef MAILVERDICT_LIB_DNS_SERVERS_H_
#define MAILVERDICT_LIB_DNS_SERVERS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/policy/dns_server.h"
#include "lib/policy/policy.h"

namespace mailverdict {

inline constexpr char kResolvConf[] = "/etc/resolv.conf";

struct DnsServers {
  std::vector<DnsServer> servers;  // never empty; to be asked in this order
  // For the log: lines that were not understood, an interface that is not
  // there. Each says what is asked, or not asked, because of it.
  std::vector<std::string> complaints;

  friend bool operator==(const DnsServers& a, const DnsServers& b) {
    return a.servers == b.servers && a.complaints == b.complaints;
  }
};

// The nameserver lines of such a file, in their order. As in resolv.conf(5),
// 127.0.0.1 if there is no such line or no such file: with a complaint. Its
// search list and options are not for us. InvalidArgument if the file cannot
// be read, or has nameserver lines and none of them was understood: then
// nothing says that 127.0.0.1 is meant.
absl::StatusOr<DnsServers> ReadResolvConf(const std::string& path);

// The policy's, or if it names none those of kResolvConf. InvalidArgument
// as above.
absl::StatusOr<DnsServers> ServersOf(const DnsPolicy& policy);

// The number of the interface that `zone`, a DnsServer's, names; 0 if there is
// none at the moment. A system call or two. Thread-safe.
uint32_t InterfaceOf(const std::string& zone);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_DNS_SERVERS_H_

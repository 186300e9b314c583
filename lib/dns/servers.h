// Finds the DNS servers to ask: those of the policy, or those of resolv.conf.

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
  // Lines for the log: about lines of resolv.conf that cannot be parsed, and
  // about interfaces that do not exist. Each says what is asked instead, or
  // that a server cannot be asked.
  std::vector<std::string> complaints;

  friend bool operator==(const DnsServers& a, const DnsServers& b) {
    return a.servers == b.servers && a.complaints == b.complaints;
  }
};

// Returns the servers of the file's nameserver lines, in their order. Ignores
// the search list and the options. If the file does not exist or has no
// nameserver line, returns 127.0.0.1 (as resolv.conf(5) says) and a complaint.
// InvalidArgument if the file cannot be read, or if it has nameserver lines but
// none can be parsed: its author did not mean 127.0.0.1.
absl::StatusOr<DnsServers> ReadResolvConf(const std::string& path);

// Returns the policy's servers; if it names none, those of kResolvConf.
// InvalidArgument as for ReadResolvConf.
absl::StatusOr<DnsServers> ServersOf(const DnsPolicy& policy);

// Returns the number of the network interface that a DnsServer's `interface`
// names, or 0 if there is no such interface now. Makes one or two system calls.
// Thread-safe.
uint32_t InterfaceIndex(const std::string& interface);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_DNS_SERVERS_H_

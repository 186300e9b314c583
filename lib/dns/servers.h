// Finds the DNS servers to ask: those of the policy, or of resolv.conf.

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
  // Lines for the log, about lines that were not understood and interfaces that
  // do not exist. Each says which server is asked, or not asked, because of it.
  std::vector<std::string> complaints;

  friend bool operator==(const DnsServers& a, const DnsServers& b) {
    return a.servers == b.servers && a.complaints == b.complaints;
  }
};

// Returns the servers of the file's nameserver lines, in their order; its
// search list and options are ignored. Without such a line or without the file
// it is 127.0.0.1, as in resolv.conf(5), with a complaint. InvalidArgument if
// the file cannot be read, or if it has nameserver lines and none was
// understood: then 127.0.0.1 is not meant.
absl::StatusOr<DnsServers> ReadResolvConf(const std::string& path);

// Returns the policy's servers, or those of kResolvConf if it names none.
// InvalidArgument as for ReadResolvConf.
absl::StatusOr<DnsServers> ServersOf(const DnsPolicy& policy);

// Returns the number of the interface that a DnsServer's `zone` names; 0 if
// there is no such interface now. Costs a system call or two. Thread-safe.
uint32_t InterfaceOf(const std::string& zone);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_DNS_SERVERS_H_

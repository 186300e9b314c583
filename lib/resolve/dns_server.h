// Which servers the machine asks of DNS.

#ifndef MAILVERDICT_LIB_RESOLVE_DNS_SERVER_H_
#define MAILVERDICT_LIB_RESOLVE_DNS_SERVER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/core/dns_server.h"
#include "lib/core/policy.h"

namespace mailverdict {

inline constexpr char kResolvConf[] = "/etc/resolv.conf";

// The nameserver lines of such a file, in their order; as in resolv.conf(5),
// 127.0.0.1 if there is none or no such file. Its search list and options are
// not for us. InvalidArgument if it is there and cannot be read.
absl::StatusOr<std::vector<DnsServer>> ReadResolvConf(const std::string& path);

// The policy's, or if it names none those of kResolvConf. InvalidArgument
// as above.
absl::StatusOr<std::vector<DnsServer>> ServersOf(const DnsPolicy& policy);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_RESOLVE_DNS_SERVER_H_

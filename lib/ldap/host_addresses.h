// Host names and their addresses. Addresses are written as numbers
// ("192.0.2.1", "2001:db8::1"), so that they can be compared.

#ifndef MAILVERDICT_LIB_LDAP_HOST_ADDRESSES_H_
#define MAILVERDICT_LIB_LDAP_HOST_ADDRESSES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace mailverdict {

using HostAddresses = std::vector<std::string>;

// Returns the host of an LDAP URI if it is a name; "" for an address or a unix
// socket.
std::string HostNameOf(const std::string& uri);

// Returns all addresses of the name, at least one; or NotFound with the message
// of getaddrinfo(3). Blocks, perhaps for minutes (resolv.conf(5)). Any thread.
absl::StatusOr<HostAddresses> ResolveHost(const std::string& name);

// Like ResolveHost, but returns no address after an error.
HostAddresses LookUpHost(const std::string& name);

// Returns the address of a connection's other end; "" if it has none.
std::string PeerAddress(int fd);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_HOST_ADDRESSES_H_

// Host names and the addresses that they mean. Addresses are written as numbers
// ("192.0.2.1", "2001:db8::1"), so that they can be compared.

#ifndef MAILVERDICT_LIB_LDAP_HOST_ADDRESSES_H_
#define MAILVERDICT_LIB_LDAP_HOST_ADDRESSES_H_

#include <string>
#include <vector>

namespace mailverdict {

using HostAddresses = std::vector<std::string>;

// The host of an LDAP URI, if it is a name; "" of an address or a unix socket.
std::string HostNameOf(const std::string& uri);

// All that the name means; none when that cannot be learned. Blocks, perhaps
// for minutes (resolv.conf(5)). Any thread.
HostAddresses LookUpHost(const std::string& name);

// Of the other end of a connection; "" if it has none.
std::string PeerAddress(int fd);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_HOST_ADDRESSES_H_

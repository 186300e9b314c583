// Sockets for c-ares that reach a server through one network interface. c-ares
// 1.18 does not support zones (RFC 4007), so by itself it cannot reach a
// link-local address.

#ifndef MAILVERDICT_LIB_DNS_INTERFACE_SOCKETS_H_
#define MAILVERDICT_LIB_DNS_INTERFACE_SOCKETS_H_

#include <ares.h>

#include "lib/policy/dns_server.h"

namespace mailverdict {

// Makes all sockets of `channel` connect through the interface
// `server.interface`. Looks the interface up for each socket, because an
// interface that is removed and comes back may have another number. While it
// does not exist, connecting fails with ENODEV. `server` outlives the channel.
// REQUIRES: server.interface is not empty.
void UseInterface(ares_channel channel, const DnsServer& server);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_DNS_INTERFACE_SOCKETS_H_

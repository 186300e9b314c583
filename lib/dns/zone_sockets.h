// Sockets for c-ares that reach a server through one interface. c-ares 1.18
// knows no zones (RFC 4007), so it cannot reach a link-local address.

#ifndef MAILVERDICT_LIB_DNS_ZONE_SOCKETS_H_
#define MAILVERDICT_LIB_DNS_ZONE_SOCKETS_H_

#include <ares.h>

#include "lib/policy/dns_server.h"

namespace mailverdict {

// Makes all sockets of `channel` connect through the interface `server.zone`.
// The interface is looked up for each socket, since one that comes back may
// have another number. While it does not exist, connecting fails (ENODEV).
// `server` outlives the channel. REQUIRES: server.zone is not empty.
void UseZone(ares_channel channel, const DnsServer& server);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_DNS_ZONE_SOCKETS_H_

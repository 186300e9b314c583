// Parses the address of a socket, as an operator writes it. Pure: takes no host
// names, since a delivery must not wait for a name server.

#ifndef MAILVERDICT_ADAPTERS_SOCKETMAP_SOCKET_ADDRESS_H_
#define MAILVERDICT_ADAPTERS_SOCKETMAP_SOCKET_ADDRESS_H_

#include <sys/socket.h>

#include <string>

#include "absl/status/statusor.h"

namespace mailverdict {

// A value. Cast `name` to sockaddr for connect().
struct SocketAddress {
  std::string text;  // as it was written
  sockaddr_storage name = {};
  socklen_t size = 0;  // of `name`
};

// unix:/ABSOLUTE/PATH, inet:192.0.2.1:7777 or inet:[::1]:7777, with a port from
// 1 to 65535. An error names what is wrong and what to write instead.
absl::StatusOr<SocketAddress> ParseSocketAddress(const std::string& text);

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_SOCKETMAP_SOCKET_ADDRESS_H_

#include "lib/dns/interface_sockets.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/dns/servers.h"

namespace mailverdict {
namespace {

// c-ares sets no options of sockets that it did not open, so this sets them.
ares_socket_t Open(int family, int type, int protocol, void*) {
  return socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
}

int Close(ares_socket_t fd, void*) { return close(fd); }

int Connect(ares_socket_t fd, const sockaddr* address, ares_socklen_t size,
            void* user) {
  sockaddr_in6 zoned{};
  if (address->sa_family != AF_INET6 || size != sizeof(zoned)) {
    errno = EAFNOSUPPORT;
    return -1;
  }
  memcpy(&zoned, address, sizeof(zoned));
  zoned.sin6_scope_id =
      InterfaceIndex(static_cast<const DnsServer*>(user)->interface);
  if (zoned.sin6_scope_id == 0) {
    errno = ENODEV;
    return -1;
  }
  return connect(fd, reinterpret_cast<const sockaddr*>(&zoned), sizeof(zoned));
}

ares_ssize_t Receive(ares_socket_t fd, void* bytes, size_t size, int flags,
                     sockaddr* from, ares_socklen_t* from_size, void*) {
  return recvfrom(fd, bytes, size, flags, from, from_size);
}

ares_ssize_t Send(ares_socket_t fd, const iovec* parts, int count, void*) {
  return writev(fd, parts, count);
}

}  // namespace

void UseInterface(ares_channel channel, const DnsServer& server) {
  static constexpr ares_socket_functions kFunctions = {&Open, &Close, &Connect,
                                                       &Receive, &Send};
  ares_set_socket_functions(channel, &kFunctions,
                            const_cast<DnsServer*>(&server));
}

}  // namespace mailverdict

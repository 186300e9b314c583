// What an operator writes for a socket: read, it says the same as its bytes.

#include <netdb.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "adapters/socketmap/socket_address.h"
#include "tests/fuzz/require.h"

namespace mailverdict {
namespace {

std::string PathOf(const SocketAddress& address) {
  return reinterpret_cast<const sockaddr_un*>(&address.name)->sun_path;
}

// What the kernel would be given, as text.
std::string HostAndPort(const SocketAddress& address) {
  char host[NI_MAXHOST], port[NI_MAXSERV];
  Require(getnameinfo(reinterpret_cast<const sockaddr*>(&address.name),
                      address.size, host, sizeof host, port, sizeof port,
                      NI_NUMERICHOST | NI_NUMERICSERV) == 0,
          "the name can be written");
  const bool v6 = address.name.ss_family == AF_INET6;
  return v6 ? "[" + std::string(host) + "]:" + port
            : std::string(host) + ":" + port;
}

void Examine(const std::string& text) {
  const auto address = ParseSocketAddress(text);
  if (!address.ok()) {
    Require(absl::IsInvalidArgument(address.status()), "InvalidArgument");
    return;
  }
  Require(address->text == text, "it keeps what was written");
  Require(address->size <= sizeof address->name, "the size is that of a name");
  if (address->name.ss_family == AF_UNIX) {
    Require("unix:" + PathOf(*address) == text, "the whole path, and no more");
    return;
  }
  const auto again = ParseSocketAddress("inet:" + HostAndPort(*address));
  Require(again.ok(), "what was written can be read");
  Require(HostAndPort(*again) == HostAndPort(*address), "and is the same");
  const size_t colon = text.rfind(':');
  const std::string port = HostAndPort(*address);
  Require(text.substr(colon) == port.substr(port.rfind(':')), "its port");
}

}  // namespace
}  // namespace mailverdict

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  mailverdict::Examine(std::string(mailverdict::Bytes(data, size)));
  return 0;
}

#include "adapters/socketmap/socket_address.h"

#include <netdb.h>
#include <string.h>
#include <sys/un.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "lib/mail/cursor.h"

namespace mailverdict {
namespace {

absl::Status Wrong(const std::string& text, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(text, ": ", what));
}

absl::StatusOr<SocketAddress> ParseUnix(const std::string& text,
                                        std::string_view path) {
  sockaddr_un name = {};
  if (path.size() < 2 || path[0] != '/') {
    return Wrong(text, "write a path from the root, as unix:/run/x");
  }
  if (path.size() >= sizeof name.sun_path) {
    return Wrong(text, absl::StrCat("the path is too long; at most ",
                                    sizeof name.sun_path - 1, " bytes fit"));
  }
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, path.size());
  SocketAddress address{text, {}, sizeof name};
  memcpy(&address.name, &name, sizeof name);
  return address;
}

absl::StatusOr<SocketAddress> ParseInet(const std::string& text,
                                        mail::Cursor in) {
  constexpr char kCure[] =
      "write inet:HOST:PORT with a number for the host, as inet:127.0.0.1:7777 "
      "or inet:[::1]:7777";
  const bool brackets = in.Skip('[');
  const std::string host(
      in.TakeWhile([brackets](char c) { return c != (brackets ? ']' : ':'); }));
  if (brackets && !in.Skip(']')) return Wrong(text, kCure);
  if (!in.Skip(':')) return Wrong(text, kCure);
  const std::optional<uint64_t> port = in.Decimal(5);
  if (!port.has_value() || !in.done() || *port < 1 || *port > 65535) {
    return Wrong(text, "write a port from 1 to 65535, as inet:127.0.0.1:7777");
  }
  addrinfo hints = {};
  hints.ai_family = brackets ? AF_INET6 : AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (host.empty() || getaddrinfo(host.c_str(), absl::StrCat(*port).c_str(),
                                  &hints, &found) != 0) {
    return Wrong(text, kCure);
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found,
                                                             &freeaddrinfo);
  SocketAddress address{text, {}, found->ai_addrlen};
  memcpy(&address.name, found->ai_addr, found->ai_addrlen);
  return address;
}

}  // namespace

absl::StatusOr<SocketAddress> ParseSocketAddress(const std::string& text) {
  mail::Cursor in(text);
  if (text.find('\0') != text.npos) return Wrong("address", "it has a NUL");
  if (in.Skip("unix:")) return ParseUnix(text, in.rest());
  if (in.Skip("inet:")) return ParseInet(text, in);
  return Wrong(text, "write unix:/PATH or inet:HOST:PORT");
}

}  // namespace mailverdict

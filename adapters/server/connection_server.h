// A server with a thread for each connection, for few and slow peers: the
// MTA's deliveries, not the world.
//
//   ConnectionServerOptions options;
//   options.address = "unix:/run/mailverdict/lmtp";
//   absl::Status status = RunConnectionServer(
//       options, stop_fd, log, [](int fd, int stop_fd) { Echo(fd, stop_fd); });

#ifndef MAILVERDICT_ADAPTERS_SERVER_CONNECTION_SERVER_H_
#define MAILVERDICT_ADAPTERS_SERVER_CONNECTION_SERVER_H_

#include <cstddef>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "lib/loop/listen.h"
#include "lib/loop/log.h"

namespace mailverdict::deliver {

struct ConnectionServerOptions {
  // unix:/PATH or inet:HOST:PORT, as in lib/loop/listen.h.
  std::string address;
  UnixSocketOptions unix_options;
  // One more is accepted, told `refusal` if that is not empty, and closed.
  size_t max_connections = 1000;
  std::string refusal;
  // How long connections may go on after a stop.
  absl::Duration drain = absl::Seconds(30);
};

// What a connection does, on a thread of its own with a stack of 256 KiB. `fd`
// is a connected, blocking socket, which the server closes afterwards.
// `stop_fd` turns readable when the server stops: finish, and return. After
// `drain` the server shuts `fd` down in both directions; whatever else the
// function waits for must be bounded. It must not throw.
using ServeConnection = std::function<void(int fd, int stop_fd)>;

// Accepts until stop_fd is readable (borrowed, and never read from). Returns
// when all connections have ended, after `drain` at the latest, plus what they
// need to notice that they were shut down. An error when it cannot listen, or
// no longer accept. `log` is called on this thread only.
absl::Status RunConnectionServer(const ConnectionServerOptions& options,
                                 int stop_fd, const LogSink& log,
                                 const ServeConnection& serve);

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_SERVER_CONNECTION_SERVER_H_

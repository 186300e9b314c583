// A server with a thread for each connection, for handlers that block.
//
// Local delivery uses it: the LMTP proxy waits for the mailbox server, and the
// map of local users for the name service (NSS), which has no other interface.
// Both have few clients, the deliveries of one MTA, so a thread for each is
// affordable, and a blocking handler is simpler than the states of a codec.
// Accepting, the limit on connections, the refusal and the log lines are those
// of the server on the event loop (server.h), by the same Acceptor.
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
  // unix:/PATH or inet:HOST:PORT, as in lib/loop/listen.h. Begins each line of
  // the log.
  std::string address;
  UnixSocketOptions unix_options;
  // One more is accepted, told `refusal` if that is not empty, and closed. So
  // is a connection when the process is out of descriptors or threads.
  size_t max_connections = 1000;
  std::string refusal;
  // How long connections may go on after a stop.
  absl::Duration drain = absl::Seconds(30);
};

// Serves one connection, on a thread of its own with a stack of 256 KiB. `fd`
// is a connected, blocking socket, which the server closes afterwards.
// `stop_fd` turns readable when the server stops: the function should finish
// what it does and return. After `drain` the server shuts `fd` down in both
// directions; every other wait of the function must be bounded. It must not
// throw.
using ServeConnection = std::function<void(int fd, int stop_fd)>;

// Accepts until stop_fd is readable (borrowed, and never read from). Returns
// when all connections have ended: after `drain` at the latest, plus the time
// that they need to notice that they were shut down. An error when it cannot
// listen, or can no longer accept. `log` is called on this thread only.
absl::Status RunConnectionServer(const ConnectionServerOptions& options,
                                 int stop_fd, const LogSink& log,
                                 const ServeConnection& serve);

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_SERVER_CONNECTION_SERVER_H_

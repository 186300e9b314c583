// A server with a thread for each connection, for handlers that block.
//
// Local delivery uses it. The LMTP proxy blocks while it waits for the mailbox
// server. The map of local users blocks in the name service (NSS), which has no
// other interface. Both have few clients, since one MTA delivers, so a thread
// for each is affordable. A blocking handler is simpler than a state machine.
// The server accepts by the same Acceptor as the server on the event loop
// (server.h), so the limit on connections, the refusal and the log lines are
// the same.
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

namespace mailverdict::server {

struct ConnectionServerOptions {
  // unix:/PATH or inet:HOST:PORT, as in lib/loop/listen.h. Begins each line of
  // the log.
  std::string address;
  UnixSocketOptions unix_options;
  // A connection beyond this number is accepted, gets `refusal` if that is not
  // empty, and is closed. The same happens when the process is out of
  // descriptors or threads.
  size_t max_connections = 1000;
  std::string refusal;
  // How long open connections may go on after a stop.
  absl::Duration drain = absl::Seconds(30);
};

// Serves one connection, on a thread of its own with a stack of 256 KiB. `fd`
// is a connected, blocking socket, which the server closes afterwards.
// `stop_fd` becomes readable when the server stops: then the function should
// finish its request and return. After `drain` the server shuts `fd` down in
// both directions, which ends every wait for `fd`; any other wait of the
// function must have a time limit. The function must not throw.
using ServeConnection = std::function<void(int fd, int stop_fd)>;

// Accepts connections until `stop_fd` is readable; borrows it, and never reads
// from it. Returns when all connections have ended: after `drain` at the
// latest, plus the time that handlers need to notice the shutdown of their
// sockets. Returns an error if it cannot listen, or can no longer accept. Calls
// `log` on this thread only.
absl::Status RunConnectionServer(const ConnectionServerOptions& options,
                                 int stop_fd, const LogSink& log,
                                 const ServeConnection& serve);

}  // namespace mailverdict::server

#endif  // MAILVERDICT_ADAPTERS_SERVER_CONNECTION_SERVER_H_

// Accepts connections for both servers, server.h and connection_server.h: the
// limit on their number, the text that a refused client gets, and what to do
// when the process is out of descriptors or memory.

#ifndef MAILVERDICT_ADAPTERS_SERVER_ACCEPTOR_H_
#define MAILVERDICT_ADAPTERS_SERVER_ACCEPTOR_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "lib/loop/log.h"

namespace mailverdict::server {

// The log has at most kLogLines lines of one kind in each kLogPeriod.
inline constexpr int kLogLines = 5;
inline constexpr absl::Duration kLogPeriod = absl::Seconds(10);

// Not thread-safe.
class Acceptor {
 public:
  // How long to wait after kPause before the next AcceptOne.
  static constexpr absl::Duration kPauseLength = absl::Milliseconds(100);

  struct Options {
    std::string name;  // begins each line of the log
    size_t max_connections = 0;
    // Sent to a client that is refused, if it is not empty.
    std::string refusal;
    // The name of the policy's field that raises max_connections, for the log;
    // empty if there is none.
    std::string limit_setting;
    bool nonblocking = false;  // makes connections O_NONBLOCK
  };
  enum class Outcome {
    kAccepted,  // *fd is a new connection
    kRefused,   // a connection was refused, or had failed in the queue
    kNone,      // the queue is empty
    kPause,     // no descriptor or memory: try again after kPauseLength
    kBroken,    // the listening socket can accept no more: see errno
  };

  Acceptor(Options options, const LogSink& log);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  // Takes one connection from the queue of `listen_fd`, which must be
  // non-blocking. `open` is the number of connections that are open already.
  // After kAccepted the caller owns `*fd`, which is close-on-exec.
  Outcome AcceptOne(int listen_fd, size_t open, absl::Time now, int* fd);

  // Sends `refusal` to the client of `fd`, and closes `fd`.
  void Refuse(int fd) const;

 private:
  Outcome RefuseWithoutDescriptor(int listen_fd, bool process_limit,
                                  absl::Time now);

  const Options options_;
  LimitedLog too_many_, cannot_accept_;
  // An open descriptor, closed to refuse a client when no other one is free.
  // -1 if it could not be opened again.
  int spare_;
};

}  // namespace mailverdict::server

#endif  // MAILVERDICT_ADAPTERS_SERVER_ACCEPTOR_H_

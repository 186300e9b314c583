// How both servers accept connections: the limit on their number, the refusal
// that a client is told, and what to do when the machine is out of descriptors
// or memory.

#ifndef MAILVERDICT_ADAPTERS_SERVER_ACCEPTOR_H_
#define MAILVERDICT_ADAPTERS_SERVER_ACCEPTOR_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "lib/loop/log.h"

namespace mailverdict::server {

// At most this many lines of one kind of complaint in each period.
inline constexpr int kLogLines = 5;
inline constexpr absl::Duration kLogPeriod = absl::Seconds(10);

// Not thread-safe.
class Acceptor {
 public:
  // How long to leave the kernel's queue alone after kPause.
  static constexpr absl::Duration kPauseLength = absl::Milliseconds(100);

  struct Options {
    std::string name;  // begins each line of the log
    size_t max_connections = 0;
    // Sent to a client that is refused, if it is not empty.
    std::string refusal;
    // The setting by which an operator raises max_connections; empty: there is
    // none.
    std::string limit_setting;
    bool nonblocking = false;  // whether connections are O_NONBLOCK
  };
  enum class Outcome {
    kAccepted,  // here is a connection
    kRefused,   // one was refused, or had failed while it waited
    kNone,      // no connection waits
    kPause,     // nothing can be done now: try again after kPauseLength
    kBroken,    // the listening socket can accept no more: see errno
  };

  Acceptor(Options options, const LogSink& log);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  // Takes one connection from the queue of a non-blocking `listen_fd`. `open`:
  // how many connections there are already. After kAccepted `*fd` is the
  // caller's, close-on-exec.
  Outcome AcceptOne(int listen_fd, size_t open, absl::Time now, int* fd);

  // Tells the client of `fd` that it is refused, and closes it.
  void Refuse(int fd) const;

 private:
  Outcome RefuseWithoutDescriptor(int listen_fd, bool process_limit,
                                  absl::Time now);

  const Options options_;
  LimitedLog too_many_, cannot_accept_;
  int spare_;  // given up when there is no other descriptor; -1: it is lost
};

}  // namespace mailverdict::server

#endif  // MAILVERDICT_ADAPTERS_SERVER_ACCEPTOR_H_

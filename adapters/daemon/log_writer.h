// Writes the daemon's log from a thread of its own, so that a full pipe or a
// slow syslog never holds up a verdict.

#ifndef MAILVERDICT_ADAPTERS_DAEMON_LOG_WRITER_H_
#define MAILVERDICT_ADAPTERS_DAEMON_LOG_WRITER_H_

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lib/loop/log.h"

namespace mailverdict {

enum class LogTarget { kStderr, kSyslog };

// Lines wait in memory, at most kMaxWaitingBytes of them; beyond that they are
// counted, and the count is written when there is room. Thread-safe.
class LogWriter {
 public:
  static constexpr size_t kMaxWaitingBytes = 4 << 20;
  // For what is waiting at the end.
  static constexpr absl::Duration kLastWait = absl::Seconds(1);

  // kSyslog: facility mail, through syslog(3). Otherwise to the descriptor
  // `fd`, one line each; it stays open for as long as the process lives.
  // ResourceExhausted if there is no thread to spare.
  static absl::StatusOr<std::unique_ptr<LogWriter>> Start(LogTarget target,
                                                          int fd = 2);
  // Returns when what is waiting has been written, or after kLastWait: nobody
  // may read that pipe any more.
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // Control characters and bytes that are not ASCII are written as \xx: a peer
  // cannot forge a line.
  void Write(Severity severity, std::string_view line) {
    Write(severity, {line});
  }
  // A line of pieces, one behind the other.
  void Write(Severity severity, std::initializer_list<std::string_view> pieces);

 private:
  class Queue;

  LogWriter(std::shared_ptr<Queue> queue, std::thread thread);

  // The thread's, too, which may outlive this.
  const std::shared_ptr<Queue> queue_;
  std::thread thread_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_DAEMON_LOG_WRITER_H_

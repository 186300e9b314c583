// The daemon's log, written by a thread of its own, so that a full pipe or a
// slow syslog never delays a verdict.

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

// Queues lines in memory, kMaxWaitingBytes at most, for its thread to write.
// When the queue is full, further lines are dropped and counted; the count is
// written as a warning when there is room. Thread-safe.
class LogWriter {
 public:
  static constexpr size_t kMaxWaitingBytes = 4 << 20;
  // How long the destructor waits for the queue to be written.
  static constexpr absl::Duration kMaxFlushWait = absl::Seconds(1);

  // kSyslog writes through syslog(3), facility mail. kStderr writes lines to
  // `fd`, which must stay open as long as the process lives. ResourceExhausted
  // if no thread can be made.
  static absl::StatusOr<std::unique_ptr<LogWriter>> Start(LogTarget target,
                                                          int fd = 2);
  // Waits until the queue has been written, for kMaxFlushWait at most: the
  // reader of a pipe may have gone.
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // Queues one line. Control characters and bytes that are not ASCII are
  // written as \xHH, so that a peer cannot forge a line.
  void Write(Severity severity, std::string_view line) {
    Write(severity, {line});
  }
  // Queues one line that consists of these pieces.
  void Write(Severity severity, std::initializer_list<std::string_view> pieces);

 private:
  class Queue;

  LogWriter(std::shared_ptr<Queue> queue, std::thread thread);

  // Shared with the thread, which may outlive this object.
  const std::shared_ptr<Queue> queue_;
  std::thread thread_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_DAEMON_LOG_WRITER_H_

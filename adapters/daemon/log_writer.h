// Writes the daemon's log from a thread of its own, so that a full pipe or a
// slow syslog never holds up a verdict.

#ifndef MAILVERDICT_ADAPTERS_DAEMON_LOG_WRITER_H_
#define MAILVERDICT_ADAPTERS_DAEMON_LOG_WRITER_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "adapters/loop/log.h"
#include "lib/core/policy.h"

namespace mailverdict {

// Lines wait in memory, at most kMaxWaitingBytes of them; beyond that they are
// counted, and the count is written when there is room. Thread-safe.
class LogWriter {
 public:
  static constexpr size_t kMaxWaitingBytes = 4 << 20;

  // kSyslog: facility mail, through syslog(3). Otherwise to the descriptor
  // `fd`, one line each.
  explicit LogWriter(LogTarget target, int fd = 2);
  // Writes what is waiting, then returns.
  ~LogWriter();

  // Control characters and bytes that are not ASCII are written as \xx: a peer
  // cannot forge a line.
  void Write(Severity severity, std::string_view line);

 private:
  using Line = std::pair<Severity, std::string>;

  void Run();
  void WriteAll(const std::vector<Line>& lines);
  void WriteToFd(std::string_view text);

  const LogTarget target_;
  const int fd_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Line> waiting_;
  size_t waiting_bytes_ = 0;
  uint64_t lost_ = 0;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_DAEMON_LOG_WRITER_H_

// Log lines: a sink for them, their escaping, and a limit on floods of them.
//
//   LimitedLog malformed(sink, /*lines=*/5, /*period=*/absl::Seconds(10));
//   malformed.Write(loop->Now(), Severity::kWarning,
//                   [&] { return "malformed request from " + peer; });
//
// The program that makes a sink decides where its lines go: stderr, syslog, a
// test's vector.

#ifndef MAILVERDICT_LIB_LOOP_LOG_H_
#define MAILVERDICT_LIB_LOOP_LOG_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/time/time.h"

namespace mailverdict {

enum class Severity {
  kInfo,     // normal operation
  kWarning,  // a peer or a service misbehaves; the daemon goes on
  kError,    // the operator must do something
};

// The priority for syslog(3): LOG_INFO, LOG_WARNING or LOG_ERR.
int SyslogPriority(Severity severity);

// Takes one line without its newline. The line is valid during the call only;
// bytes of peers in it are escaped already (lib/mail/escape.h). Called on the
// loop's thread.
using LogSink = std::function<void(Severity, std::string_view line)>;

// Allows so many lines in each period. A period begins with its first line. Not
// thread-safe.
class RateLimiter {
 public:
  RateLimiter(int lines, absl::Duration period)
      : lines_(lines), period_(period) {}

  // Whether one more line may be written at `now`. A line that may not is
  // counted.
  bool Allow(absl::Time now);

  // The number of lines that were not allowed since the last call of this.
  uint64_t TakeSuppressed() { return std::exchange(suppressed_, 0); }

 private:
  const int lines_;
  const absl::Duration period_;
  absl::Time end_ = absl::InfinitePast();  // of the current period
  int written_ = 0;                        // in the current period
  uint64_t suppressed_ = 0;
};

// A sink with a limit on its rate. Each kind of line has its own, so that a
// flood of one kind hides no other. Not thread-safe.
class LimitedLog {
 public:
  // An empty sink discards everything.
  LimitedLog(LogSink sink, int lines, absl::Duration period)
      : sink_(std::move(sink)), limiter_(lines, period) {}

  // Writes the std::string that `make_line` returns, which is called only when
  // the line is written. The first line after a gap says how many are missing.
  template <typename MakeLine>
  void Write(absl::Time now, Severity severity, MakeLine make_line) {
    if (!sink_ || !limiter_.Allow(now)) return;
    const uint64_t suppressed = limiter_.TakeSuppressed();
    std::string line = make_line();
    if (suppressed > 0) {
      line += " (" + std::to_string(suppressed) + " messages suppressed)";
    }
    sink_(severity, line);
  }

 private:
  const LogSink sink_;
  RateLimiter limiter_;
};

inline bool RateLimiter::Allow(absl::Time now) {
  if (now >= end_) {
    end_ = now + period_;
    written_ = 0;
  }
  if (written_ < lines_) {
    ++written_;
    return true;
  }
  ++suppressed_;
  return false;
}

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LOOP_LOG_H_

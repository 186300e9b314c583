// The interface of the log (a sink for lines), and a limit on floods of lines.
//
//   LimitedLog malformed(sink, /*lines=*/5, /*period=*/absl::Seconds(10));
//   malformed.Write(loop->Now(), Severity::kWarning,
//                   [&] { return "malformed request from " + peer; });
//
// The program that makes a sink decides where the lines go: stderr, syslog, a
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

// Takes one line, without a newline. The line is valid only during the call.
// Text of strangers in it has already been escaped (lib/mail/escape.h). Called
// on the loop's thread.
using LogSink = std::function<void(Severity, std::string_view line)>;

// Allows at most `lines` lines in each period. A period begins with its first
// line. Not thread-safe.
class RateLimiter {
 public:
  RateLimiter(int lines, absl::Duration period)
      : lines_(lines), period_(period) {}

  // Whether one more line may be written at `now`. If not, the line is counted
  // as suppressed.
  bool Allow(absl::Time now);

  // Returns the number of lines that were suppressed since its last call.
  uint64_t TakeSuppressed() { return std::exchange(suppressed_, 0); }

 private:
  const int lines_;
  const absl::Duration period_;
  absl::Time end_ = absl::InfinitePast();  // of the current period
  int written_ = 0;                        // in the current period
  uint64_t suppressed_ = 0;
};

// A sink with a rate limit. Each kind of line should have a LimitedLog of its
// own, so that a flood of one kind does not hide another. Not thread-safe.
class LimitedLog {
 public:
  // An empty sink discards everything.
  LimitedLog(LogSink sink, int lines, absl::Duration period)
      : sink_(std::move(sink)), limiter_(lines, period) {}

  // Writes the line that `make_line` returns, a std::string. Calls `make_line`
  // only if the line is written. The first line after suppressed ones has their
  // number.
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

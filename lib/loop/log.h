// Where the adapters' lines go, and how a flood of them is kept small.
//
//   LimitedLog malformed(sink, /*lines=*/5, /*period=*/absl::Seconds(10));
//   malformed.Write(loop->Now(), Severity::kWarning,
//                   [&] { return "malformed request from " + peer; });
//
// The daemon decides what a sink does with a line: stderr, syslog, a test's
// vector.

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
  kInfo,     // part of the ordinary day
  kWarning,  // a peer or the world misbehaves; we go on
  kError,    // the operator must do something
};

// Of syslog(3): LOG_INFO, LOG_WARNING or LOG_ERR.
int SyslogPriority(Severity severity);

// Takes one line, without its newline, which is valid during the call only.
// Called on the loop's thread. Peers' bytes in it are escaped already
// (lib/mail/escape.h).
using LogSink = std::function<void(Severity, std::string_view line)>;

// Allows `lines` in each `period`, which begins with the first of them. Not
// thread-safe.
class RateLimiter {
 public:
  RateLimiter(int lines, absl::Duration period)
      : lines_(lines), period_(period) {}

  // Whether one more may be written at `now`; if not it is counted.
  bool Allow(absl::Time now);

  // How many were not allowed since the last call of this.
  uint64_t TakeSuppressed() { return std::exchange(suppressed_, 0); }

 private:
  const int lines_;
  const absl::Duration period_;
  absl::Time end_ = absl::InfinitePast();  // of the current period
  int written_ = 0;                        // in the current period
  uint64_t suppressed_ = 0;
};

// A sink with a limiter of its own: one for each kind of line, so that a flood
// of one kind hides no other. Not thread-safe.
class LimitedLog {
 public:
  // An empty sink discards everything.
  LimitedLog(LogSink sink, int lines, absl::Duration period)
      : sink_(std::move(sink)), limiter_(lines, period) {}

  // Writes what `make_line`, a callable returning std::string, makes. It is
  // called only when the line is written. The first line after a gap says how
  // many are missing.
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

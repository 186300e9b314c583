// A deadline for blocking calls. It uses the monotonic clock, so setting the
// time of day does not move it.

#ifndef MAILVERDICT_LIB_LOOP_DEADLINE_H_
#define MAILVERDICT_LIB_LOOP_DEADLINE_H_

#include <algorithm>
#include <chrono>
#include <limits>

#include "absl/time/time.h"

namespace mailverdict {

// A value.
class Deadline {
 public:
  static Deadline After(absl::Duration duration) {
    // The bound of a day avoids an overflow. No option needs more.
    const absl::Duration bounded =
        std::clamp(duration, absl::ZeroDuration(), absl::Hours(24));
    return Deadline(Clock::now() + absl::ToChronoNanoseconds(bounded));
  }

  // Never negative.
  absl::Duration Remaining() const {
    return std::max(absl::FromChrono(at_ - Clock::now()), absl::ZeroDuration());
  }
  bool passed() const { return Clock::now() >= at_; }

  // The timeout for poll(2), in milliseconds, rounded up so that poll does not
  // return before the deadline.
  int PollTimeout() const {
    return static_cast<int>(absl::ToInt64Milliseconds(
        Remaining() + absl::Milliseconds(1) - absl::Nanoseconds(1)));
  }

  std::chrono::steady_clock::time_point at() const { return at_; }

 private:
  using Clock = std::chrono::steady_clock;
  explicit Deadline(Clock::time_point at) : at_(at) {}

  Clock::time_point at_;
};

inline Deadline Earlier(Deadline a, Deadline b) {
  return a.at() < b.at() ? a : b;
}

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LOOP_DEADLINE_H_

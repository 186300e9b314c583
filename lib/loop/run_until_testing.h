// Runs an event loop in a test until a condition holds, without sleeping.

#ifndef MAILVERDICT_LIB_LOOP_RUN_UNTIL_TESTING_H_
#define MAILVERDICT_LIB_LOOP_RUN_UNTIL_TESTING_H_

#include <functional>

#include "absl/time/time.h"
#include "lib/loop/event_loop.h"

namespace mailverdict {

// Runs the loop until `condition` holds. Returns false if it does not hold
// within `bound`. The default is long, so that no test fails on a busy machine.
inline bool RunUntil(EventLoop* loop, const std::function<bool()>& condition,
                     absl::Duration bound = absl::Seconds(30)) {
  if (condition()) return true;
  const absl::Time end = loop->Now() + bound;
  bool held = false;
  Executor::TimerId timer = 0;
  std::function<void()> look = [&] {
    held = condition();
    if (held || loop->Now() >= end) {
      loop->Stop();
    } else {
      timer = loop->RunAfter(absl::Milliseconds(1), look);
    }
  };
  timer = loop->RunAfter(absl::ZeroDuration(), look);
  loop->Run();
  loop->Cancel(timer);
  return held;
}

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LOOP_RUN_UNTIL_TESTING_H_

// The loop that everything outside the core runs on, and the one clock.

#ifndef MAILVERDICT_LIB_LOOP_EXECUTOR_H_
#define MAILVERDICT_LIB_LOOP_EXECUTOR_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/time/time.h"

namespace mailverdict {

// One thread, the loop's, runs all tasks, in the order in which they are due.
class Executor {
 public:
  using Task = std::function<void()>;
  // Names a timer; never given out twice. 0 names none.
  using TimerId = uint64_t;
  // What a descriptor is to be ready for.
  enum class Ready { kToRead, kToWrite };
  // Watches a descriptor until it is destroyed.
  class Watch {
   public:
    virtual ~Watch() = default;
  };

  virtual ~Executor() = default;

  // The time of day as of the start of the program, moved on by a steady clock:
  // it never steps back. Any thread.
  virtual absl::Time Now() const = 0;

  // Runs `task` on the loop's thread, soon, and never from within Post. Any
  // thread.
  virtual void Post(Task task) = 0;

  // Runs `task` once, `delay` from now (zero if negative). Loop's thread only.
  virtual TimerId RunAfter(absl::Duration delay, Task task) = 0;

  // Forgets a timer. One that has run, or 0, is ignored. Loop's thread only.
  virtual void Cancel(TimerId timer) = 0;

  // Runs `on_ready` on the loop's thread, again and again, as long as `fd` is
  // ready or has failed: the read or write will say so. `fd` stays open for as
  // long as it is watched; `on_ready` may destroy the watch. nullptr when the
  // kernel is out of memory or watches, or it is watched for that already.
  // Loop's thread only.
  virtual std::unique_ptr<Watch> WatchFd(int fd, Ready ready,
                                         Task on_ready) = 0;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LOOP_EXECUTOR_H_

// The interface of the event loop: everything outside the core runs on it, and
// it is the only clock.

#ifndef MAILVERDICT_LIB_LOOP_EXECUTOR_H_
#define MAILVERDICT_LIB_LOOP_EXECUTOR_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/time/time.h"

namespace mailverdict {

// Runs all tasks on one thread, the loop's, in the order in which they are due.
class Executor {
 public:
  using Task = std::function<void()>;
  // The id of a timer. No two timers have the same id. 0 is never the id of a
  // timer.
  using TimerId = uint64_t;
  // The direction in which a descriptor is watched.
  enum class Ready { kToRead, kToWrite };
  // Watches a descriptor until it is destroyed.
  class Watch {
   public:
    virtual ~Watch() = default;
  };

  virtual ~Executor() = default;

  // The current time. It is the time of day at the start of the program plus
  // the time since then on a steady clock, so it never steps back. Any thread.
  virtual absl::Time Now() const = 0;

  // Runs `task` on the loop's thread soon, but not before Post returns. Any
  // thread.
  virtual void Post(Task task) = 0;

  // Runs `task` once, `delay` from now (zero if negative). An object whose task
  // refers to itself should hold a Timer (timer.h) instead. Loop's thread only.
  virtual TimerId RunAfter(absl::Duration delay, Task task) = 0;

  // Cancels a timer. Does nothing if the timer has run, or if the id is 0.
  // Loop's thread only.
  virtual void Cancel(TimerId timer) = 0;

  // Runs `on_ready` on the loop's thread, again and again, as long as `fd` is
  // ready. A descriptor that has failed counts as ready: the read or write
  // returns the error. `fd` must stay open while it is watched. `on_ready` may
  // destroy the watch. Returns nullptr if the kernel is out of memory or
  // watches, or if `fd` is already watched in that direction. Loop's thread
  // only.
  virtual std::unique_ptr<Watch> WatchFd(int fd, Ready ready,
                                         Task on_ready) = 0;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LOOP_EXECUTOR_H_

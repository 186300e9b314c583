// A timer that cannot outlive its owner.
//
//   class Request {
//     ...
//     Timer deadline_;  // runs at most once; cancelled with the Request
//   };
//   deadline_.Set(absl::Seconds(4), [this] { GiveUp(); });

#ifndef MAILVERDICT_LIB_LOOP_TIMER_H_
#define MAILVERDICT_LIB_LOOP_TIMER_H_

#include <utility>

#include "absl/time/time.h"
#include "lib/loop/executor.h"

namespace mailverdict {

// One timer of an executor. Its destructor cancels it, so a task may capture
// the object that has the Timer as a member. Loop's thread only.
class Timer {
 public:
  // `executor` outlives this.
  explicit Timer(Executor* executor) : executor_(executor) {}
  ~Timer() { Cancel(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Runs `task` once, `delay` from now (zero if negative). Cancels an earlier
  // task that has not run. `task` may set this timer again, or destroy it.
  void Set(absl::Duration delay, Executor::Task task) {
    Cancel();
    id_ = executor_->RunAfter(delay, [this, task = std::move(task)] {
      id_ = 0;
      // The task may destroy this, and with it the closure that runs.
      const Executor::Task run = task;
      run();
    });
  }

  // Drops the task, if there is one.
  void Cancel() {
    if (id_ != 0) executor_->Cancel(std::exchange(id_, 0));
  }

  // Whether a task waits to run.
  bool pending() const { return id_ != 0; }

 private:
  Executor* const executor_;
  Executor::TimerId id_ = 0;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LOOP_TIMER_H_

// Runs work that may block, such as reading a file, on a thread of its own
// instead of the loop's thread.
//
//   BackgroundTask task(loop);
//   auto result = std::make_shared<Result>();
//   absl::Status status = task.Start([result] { result->Read(); },
//                                    [this, result] { Use(*result); });

#ifndef MAILVERDICT_ADAPTERS_DAEMON_BACKGROUND_TASK_H_
#define MAILVERDICT_ADAPTERS_DAEMON_BACKGROUND_TASK_H_

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "lib/loop/executor.h"

namespace mailverdict {

// Runs one piece of work at a time. The destructor does not wait for it: work
// on a file system that hangs blocks neither the loop nor the end of the
// daemon. Loop's thread only.
class BackgroundTask {
 public:
  // `executor` outlives this.
  explicit BackgroundTask(Executor* executor);
  // Abandons work that is still running: its thread goes on until the work
  // ends, and `done` does not run.
  ~BackgroundTask();
  BackgroundTask(const BackgroundTask&) = delete;
  BackgroundTask& operator=(const BackgroundTask&) = delete;

  // Runs `work` on a new thread, then `done` on the loop's thread. `work` must
  // own everything that it uses, since it may outlive this object. If no thread
  // can be made, returns an error and runs neither. REQUIRES: !running().
  absl::Status Start(std::function<void()> work, std::function<void()> done);

  // True from Start until `done` runs.
  bool running() const;

  // Blocks until `work` has ended, for `bound` at most. True if it has ended,
  // or none was started; `done` may not have run yet.
  bool WaitFor(absl::Duration bound) const;

 private:
  struct Shared;
  const std::shared_ptr<Shared> shared_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_DAEMON_BACKGROUND_TASK_H_

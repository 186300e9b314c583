// Work that may block for as long as a disk does, off the loop's thread.
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

// Runs one piece of work at a time on a thread of its own. Nobody has to wait
// for the thread: work on a file system that hangs holds up neither the loop
// nor the end of the daemon. Loop's thread only.
class BackgroundTask {
 public:
  // `executor` outlives this.
  explicit BackgroundTask(Executor* executor);
  // Abandons work that is still running: it ends by itself, and its `done` does
  // not run.
  ~BackgroundTask();
  BackgroundTask(const BackgroundTask&) = delete;
  BackgroundTask& operator=(const BackgroundTask&) = delete;

  // Runs `work` on a new thread, then `done` on the loop's. `work` must own
  // everything that it uses, since it may outlive the caller. An error when the
  // machine has no thread to spare: nothing has run then. REQUIRES: !running().
  absl::Status Start(std::function<void()> work, std::function<void()> done);

  // Whether work has begun whose `done` has not run.
  bool running() const;

  // Blocks until the work has ended, or for `bound`. True if none is running
  // on its thread any more.
  bool WaitFor(absl::Duration bound) const;

 private:
  struct Shared;
  const std::shared_ptr<Shared> shared_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_DAEMON_BACKGROUND_TASK_H_

// Runs work that may block as long as a disk does on a thread of its own, off
// the loop's thread.
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

// Runs one piece of work at a time. Nobody has to wait for its thread: work on
// a file system that hangs blocks neither the loop nor the end of the daemon.
// For the loop's thread only.
class BackgroundTask {
 public:
  // `executor` outlives this.
  explicit BackgroundTask(Executor* executor);
  // Abandons work that is still running: it ends by itself some time, and its
  // `done` does not run.
  ~BackgroundTask();
  BackgroundTask(const BackgroundTask&) = delete;
  BackgroundTask& operator=(const BackgroundTask&) = delete;

  // Runs `work` on a new thread, then `done` on the loop's thread. `work` must
  // own everything that it uses, since it may outlive this object. An error if
  // no thread can be made; then neither runs. REQUIRES: !running().
  absl::Status Start(std::function<void()> work, std::function<void()> done);

  // Whether there is work whose `done` has not run yet.
  bool running() const;

  // Blocks until `work` has ended, for `bound` at most. True if it has ended;
  // its `done` may still be due.
  bool WaitFor(absl::Duration bound) const;

 private:
  struct Shared;
  const std::shared_ptr<Shared> shared_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_DAEMON_BACKGROUND_TASK_H_

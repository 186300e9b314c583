#include "adapters/daemon/background_task.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/status/statusor.h"
#include "lib/loop/start_thread.h"

namespace mailverdict {

// Shared by the thread and the owner; whichever ends last destroys it.
struct BackgroundTask::Shared {
  std::mutex mutex;
  std::condition_variable ended;
  Executor* executor;      // guarded by mutex; null when the owner is gone
  bool works = false;      // guarded by mutex; true until `work` has returned
  bool has_begun = false;  // the loop's thread's; true until `done` is called
};

BackgroundTask::BackgroundTask(Executor* executor)
    : shared_(std::make_shared<Shared>()) {
  shared_->executor = executor;
}

BackgroundTask::~BackgroundTask() {
  const std::lock_guard<std::mutex> lock(shared_->mutex);
  shared_->executor = nullptr;
}

absl::Status BackgroundTask::Start(std::function<void()> work,
                                   std::function<void()> done) {
  // The executor may still hold `finish` when the owner is gone. It must not
  // run `done` then, nor keep Shared alive.
  const std::weak_ptr<Shared> owned = shared_;
  auto finish = [owned, done = std::move(done)] {
    const std::shared_ptr<Shared> shared = owned.lock();
    if (shared == nullptr) return;
    {
      const std::lock_guard<std::mutex> lock(shared->mutex);
      if (shared->executor == nullptr) return;
    }
    shared->has_begun = false;  // before `done`, which may start the next work
    done();
  };
  shared_->works = true;
  shared_->has_begun = true;
  absl::StatusOr<std::thread> thread =
      StartThread([shared = shared_, work = std::move(work),
                   finish = std::move(finish)]() mutable {
        work();
        // What it owns goes before anybody hears that it has ended.
        work = nullptr;
        const std::lock_guard<std::mutex> lock(shared->mutex);
        shared->works = false;
        // Posted under the lock, so that the executor is still there.
        if (shared->executor != nullptr) {
          shared->executor->Post(std::move(finish));
        }
        shared->ended.notify_all();
      });
  if (!thread.ok()) {
    shared_->works = shared_->has_begun = false;
    return thread.status();
  }
  thread->detach();
  return absl::OkStatus();
}

bool BackgroundTask::running() const { return shared_->has_begun; }

bool BackgroundTask::WaitFor(absl::Duration bound) const {
  std::unique_lock<std::mutex> lock(shared_->mutex);
  return shared_->ended.wait_for(lock, absl::ToChronoNanoseconds(bound),
                                 [this] { return !shared_->works; });
}

}  // namespace mailverdict

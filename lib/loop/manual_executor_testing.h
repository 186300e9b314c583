// An Executor for tests: the test itself runs what is due.
//
//   ManualExecutor executor;              // declared before what uses it
//   Timer timer(&executor);
//   executor.Advance(absl::Seconds(5));   // virtual time; runs what is due
//
// The executor outlives everything that uses it. So when it is destroyed, no
// timer, watch or posted task may be left: its owner is gone, and in a daemon
// it would use freed memory. A test that ends with one left fails.

#ifndef MAILVERDICT_LIB_LOOP_MANUAL_EXECUTOR_TESTING_H_
#define MAILVERDICT_LIB_LOOP_MANUAL_EXECUTOR_TESTING_H_

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "lib/loop/executor.h"

namespace mailverdict {

class ManualExecutor final : public Executor {
 public:
  // Virtual time changes only by Advance. Real time runs.
  enum class Clock { kVirtual, kReal };
  explicit ManualExecutor(
      Clock clock = Clock::kVirtual,
      absl::Time start = absl::FromUnixSeconds(1'800'000'000))
      : clock_(clock), now_(start) {}
  ~ManualExecutor() override {
    const std::string left = Leftovers();
    if (left.empty() || !allowed_because_.empty()) return;
    ADD_FAILURE() << "ManualExecutor: left over at the end: " << left
                  << ". Cancel them where their owner ends, or run them.";
  }

  // For a test that ends with something left over on purpose. `why` explains it
  // to the reader of the test.
  void AllowLeftovers(const std::string& why) { allowed_because_ = why; }

  absl::Time Now() const override {
    const std::lock_guard<std::mutex> lock(mutex_);
    return NowLocked();
  }
  void Post(Task task) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    posted_.push_back(std::move(task));
    posted_one_.notify_one();
  }
  TimerId RunAfter(absl::Duration delay, Task task) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    const absl::Time due = NowLocked() + std::max(delay, absl::ZeroDuration());
    timers_.emplace(std::pair(due, ++last_timer_), std::move(task));
    return last_timer_;
  }
  void Cancel(TimerId timer) override {
    Task dropped;  // what it holds may cancel more
    const std::lock_guard<std::mutex> lock(mutex_);
    for (auto it = timers_.begin(); it != timers_.end(); ++it) {
      if (it->first.second != timer) continue;
      dropped = std::move(it->second);
      timers_.erase(it);
      return;
    }
  }

  // Only RunUntil checks watches.
  std::unique_ptr<Watch> WatchFd(int fd, Ready ready, Task on_ready) override {
    if (refuses_watches) return nullptr;
    auto watching = std::make_unique<Watching>(&watches_, std::move(on_ready));
    watches_.emplace(watching.get(),
                     pollfd{fd, ToShort(ready == Ready::kToRead), 0});
    return watching;
  }

  bool refuses_watches = false;  // like a kernel that is out of watches

  // Runs all posted tasks and due timers, and those that they add.
  void RunReady() {
    while (Task task = TakeReady()) task();
  }

  // Like RunReady, but without timers. For the end of a test: a posted task
  // cannot be cancelled, and must be harmless after its owner is destroyed.
  void RunPosted() {
    while (Task task = TakePosted()) task();
  }

  // Moves virtual time on, and runs each timer at the time when it is due.
  void Advance(absl::Duration by) {
    const absl::Time end = Now() + by;
    RunReady();
    for (;;) {
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        const bool more =
            !timers_.empty() && timers_.begin()->first.first <= end;
        now_ = more ? timers_.begin()->first.first : end;
        if (!more) break;
      }
      RunReady();
    }
    RunReady();
  }

  // Runs until `condition` holds. Returns false if it does not hold within
  // `bound` of real time. The default is long, so that no test fails on a busy
  // machine.
  template <typename Condition>
  bool RunUntil(Condition condition, absl::Duration bound = absl::Seconds(30)) {
    const auto end =
        std::chrono::steady_clock::now() + absl::ToChronoMilliseconds(bound);
    for (;;) {
      RunReady();
      RunWatches();
      if (condition()) return true;
      if (std::chrono::steady_clock::now() >= end) return false;
      std::unique_lock<std::mutex> lock(mutex_);
      // The wait is short, because descriptors have to be checked, and because
      // a condition may also become true without a task.
      posted_one_.wait_for(lock, std::chrono::milliseconds(2),
                           [this] { return !posted_.empty(); });
    }
  }

  size_t timers() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return timers_.size();
  }

  // Describes the timers, watches and posted tasks that have not ended; "" if
  // there are none.
  std::string Leftovers() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::string left;
    const auto add = [&left](const std::string& what) {
      absl::StrAppend(&left, left.empty() ? "" : ", ", what);
    };
    for (const auto& timer : timers_) {
      add(absl::StrCat("a timer due in ",
                       absl::FormatDuration(timer.first.first - NowLocked())));
    }
    for (const auto& watch : watches_) {
      add(absl::StrCat("a watch of descriptor ", watch.second.fd));
    }
    if (!posted_.empty()) add(absl::StrCat(posted_.size(), " posted tasks"));
    return left;
  }

 private:
  struct Watching;
  using Watches = std::map<Watching*, pollfd>;
  struct Watching final : Watch {
    Watching(Watches* all, Task on_ready)
        : all(all), on_ready(std::make_shared<Task>(std::move(on_ready))) {}
    ~Watching() override { all->erase(this); }
    Watches* const all;
    const std::shared_ptr<Task> on_ready;  // outlives its own call
  };

  static short ToShort(bool read) { return read ? POLLIN : POLLOUT; }

  void RunWatches() {
    const Watches before = watches_;
    for (auto [watching, descriptor] : before) {
      if (watches_.count(watching) == 0) continue;  // gone meanwhile
      if (poll(&descriptor, 1, 0) != 1) continue;
      const std::shared_ptr<Task> on_ready = watching->on_ready;
      (*on_ready)();
    }
  }

  absl::Time NowLocked() const {
    if (clock_ == Clock::kVirtual) return now_;
    return now_ +
           absl::FromChrono(std::chrono::steady_clock::now() - real_start_);
  }
  Task TakePosted() {
    const std::lock_guard<std::mutex> lock(mutex_);
    Task task;
    if (!posted_.empty()) {
      task = std::move(posted_.front());
      posted_.pop_front();
    }
    return task;
  }
  Task TakeReady() {
    Task task = TakePosted();
    if (task) return task;
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!timers_.empty() && timers_.begin()->first.first <= NowLocked()) {
      task = std::move(timers_.begin()->second);
      timers_.erase(timers_.begin());
    }
    return task;
  }

  const Clock clock_;
  std::string allowed_because_;  // not empty: leftovers are no failure
  const std::chrono::steady_clock::time_point real_start_ =
      std::chrono::steady_clock::now();
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable posted_one_;
  absl::Time now_;
  std::deque<Task> posted_;
  TimerId last_timer_ = 0;
  Watches watches_;  // the loop's thread only
  std::map<std::pair<absl::Time, TimerId>, Task> timers_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LOOP_MANUAL_EXECUTOR_TESTING_H_

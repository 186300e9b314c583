// The one event loop of a daemon, on epoll(7).
//
//   absl::StatusOr<std::unique_ptr<EventLoop>> loop = EventLoop::Create();
//   absl::Status status = (*loop)->OnSignal(SIGTERM, [&] { (*loop)->Stop(); });
//   (*loop)->RunAfter(absl::Seconds(4), [] { ... });
//   FdWatch watch(loop->get(), fd, FdWatch::kReadable, [&] { read(fd, ...); });
//   watch.Start();
//   (*loop)->Run();
//
// Post, Stop and Now may be called by any thread. Everything else belongs to
// the loop's thread: the thread that calls Run. Before Run, the thread that
// sets the loop up counts as the loop's thread.
//
// All timers and watches must end before the loop is destroyed. In a build with
// AddressSanitizer the destructor aborts if one is left.

#ifndef MAILVERDICT_LIB_LOOP_EVENT_LOOP_H_
#define MAILVERDICT_LIB_LOOP_EVENT_LOOP_H_

#include <signal.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lib/loop/executor.h"
#include "lib/loop/timer_queue.h"

struct epoll_event;

namespace mailverdict {

class FdWatch;

class EventLoop : public Executor {
 public:
  // Returns an error if the process has run out of descriptors.
  static absl::StatusOr<std::unique_ptr<EventLoop>> Create();

  // Destroys posted tasks that have not run; the destructors of their captures
  // must not call the loop. All timers and watches must have ended before.
  ~EventLoop() override;
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Runs tasks, timers and watches until Stop. May be called again afterwards.
  void Run();

  // Makes Run return after the current pass over due tasks and timers. If Run
  // is in epoll_wait or is calling watches, it does one more pass and then
  // returns. If no Run is under way, the next Run returns after one pass.
  // Everything that is left waits for the next Run. Any thread, but not a
  // signal handler (see OnSignal).
  void Stop();

  // The functions of Executor. Posted tasks and timers run in the order in
  // which they are due; a posted task is due when it is posted. A task that
  // posts again and again, or sets timers of zero, does not starve the watches:
  // the loop checks descriptors in between.
  absl::Time Now() const override;
  void Post(Task task) override;
  TimerId RunAfter(absl::Duration delay, Task task) override;
  void Cancel(TimerId timer) override;
  std::unique_ptr<Watch> WatchFd(int fd, Ready ready, Task on_ready) override;

  // Runs `task` each time `signal` has arrived, as long as the loop exists. It
  // runs on the loop's thread as an ordinary task, not in a signal handler.
  // FailedPrecondition if the signal has a task already, or if another loop of
  // the process handles signals.
  absl::Status OnSignal(int signal, Task task);

  // Describes the timers and watches that have not ended: "2 timers, a watch of
  // descriptor 7". "" if there are none.
  std::string Leftovers() const;

  // For a test that destroys the loop with something left over on purpose.
  // `why` explains it to the reader of the test.
  void AllowLeftovers(const std::string& why) { allowed_because_ = why; }

 private:
  friend class FdWatch;
  struct Posted {
    int64_t due;
    Task task;
  };
  struct SignalTask {
    int signal;
    Task task;
    struct sigaction before;
  };
  // The watches of one descriptor.
  struct Watched {
    FdWatch* watches[2] = {};  // by direction
    uint32_t generation = 0;   // grows when the last watch ends
  };

  EventLoop() = default;
  absl::Status Init();
  int64_t Elapsed() const;  // nanoseconds since construction
  void Wake();
  void RunDue();
  void RunTimers(int64_t until);
  int Until(int64_t due) const;
  void Sleep(bool at_once);
  void Woken();
  void CallBack(const struct epoll_event& event);
  bool SetWatch(int fd, int direction, FdWatch* watch);

  const absl::Time start_ = absl::Now();
  const std::chrono::steady_clock::time_point steady_start_ =
      std::chrono::steady_clock::now();

  std::mutex mutex_;
  std::vector<Posted> posted_;   // guarded by mutex_
  bool stop_ = false;            // guarded by mutex_
  bool sleeping_ = false;        // guarded by mutex_: a Post must wake the loop
  std::thread::id loop_thread_;  // guarded by mutex_: the one in Run

  std::vector<Posted> batch_;  // being run; a member, to reuse its memory
  TimerQueue timers_;
  std::vector<Watched> watched_;    // by descriptor
  std::deque<SignalTask> signals_;  // a deque: adding must not move elements
  int epoll_fd_ = -1;
  int wake_fd_ = -1;  // an eventfd
  std::unique_ptr<FdWatch> wake_watch_;
  std::string allowed_because_;  // not empty: leftovers are no failure
};

// Calls back as long as a descriptor is readable, or as long as it is writable.
// A descriptor may have one watch for each direction at a time. Loop's thread
// only.
class FdWatch {
 public:
  enum Direction { kReadable, kWritable };

  // `loop` outlives the watch. `fd` must stay open until Stop or the
  // destructor. `on_ready` is also called when the peer has closed or the
  // descriptor has failed: the next read or write returns the error. `on_ready`
  // may destroy the watch.
  FdWatch(EventLoop* loop, int fd, Direction direction,
          std::function<void()> on_ready);
  ~FdWatch();
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

  // Start and stop the watch; a new watch is stopped. Each makes a system call,
  // but only if the state changes. Start returns false if the kernel is out of
  // memory or watches, or if the descriptor has a watch for this direction
  // already.
  bool Start();
  void Stop();

 private:
  friend class EventLoop;
  void CallBack();

  EventLoop* const loop_;
  const int fd_;
  const Direction direction_;
  bool started_ = false;
  std::function<void()> on_ready_;  // empty while it runs
  bool* gone_ = nullptr;            // while it runs: ~FdWatch sets it
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LOOP_EVENT_LOOP_H_

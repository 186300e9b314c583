#include "lib/loop/event_loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mailverdict {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
// The longest delay of a timer; a longer one is cut to this. It keeps sums in
// range.
constexpr int64_t kFarthest = kNever / 4;

// The most ready descriptors to ask the kernel for at once. They are few enough
// that what the kernel has touched is still in the processor's cache when their
// watches are called.
constexpr int kEventsAtOnce = 64;

// Indexed by FdWatch::Direction.
constexpr uint32_t kEvents[] = {EPOLLIN, EPOLLOUT};

// The state that the signal handler uses.
std::atomic<int> signal_wake_fd{-1};  // of the loop that handles signals
std::atomic<int> arrived[NSIG];       // how often, since its task last ran

void AddOne(int event_fd) {
  const uint64_t one = 1;
  (void)!write(event_fd, &one, sizeof one);
}

void HandleSignal(int signal) {
  const int kept = errno;
  ++arrived[signal];
  AddOne(signal_wake_fd);
  errno = kept;
}

}  // namespace

absl::StatusOr<std::unique_ptr<EventLoop>> EventLoop::Create() {
  std::unique_ptr<EventLoop> loop(new EventLoop);
  absl::Status status = loop->Init();
  if (!status.ok()) return status;
  return loop;
}

absl::Status EventLoop::Init() {
  epoll_fd_ = epoll_create1(EPOLL_CLOEXEC);
  wake_fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (epoll_fd_ < 0 || wake_fd_ < 0) {
    return absl::ErrnoToStatus(
        errno,
        "event loop: no descriptor left for epoll or eventfd; raise the "
        "limit of open files (ulimit -n, LimitNOFILE=)");
  }
  wake_watch_ = std::make_unique<FdWatch>(this, wake_fd_, FdWatch::kReadable,
                                          [this] { Woken(); });
  if (!wake_watch_->Start()) {
    return absl::ErrnoToStatus(
        errno,
        "event loop: cannot watch the eventfd; is memory exhausted, or the "
        "limit of epoll watches (fs.epoll.max_user_watches)?");
  }
  return absl::OkStatus();
}

EventLoop::~EventLoop() {
  for (const SignalTask& each : signals_) {
    sigaction(each.signal, &each.before, nullptr);
  }
  int ours = wake_fd_;
  signal_wake_fd.compare_exchange_strong(ours, -1);
  wake_watch_.reset();
#ifdef __SANITIZE_ADDRESS__
  // In production the daemon is about to end anyway, so it does not abort. A
  // test should show which owner has left something over.
  const std::string left = Leftovers();
  if (!left.empty() && allowed_because_.empty()) {
    std::fprintf(stderr,
                 "mailverdict: event loop: destroyed with %s left over; cancel "
                 "them where their owner ends\n",
                 left.c_str());
    std::abort();
  }
#endif
  if (wake_fd_ >= 0) close(wake_fd_);
  if (epoll_fd_ >= 0) close(epoll_fd_);
}

int64_t EventLoop::Elapsed() const {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now() -
                                  steady_start_)
      .count();
}

absl::Time EventLoop::Now() const {
  return start_ + absl::Nanoseconds(Elapsed());
}

void EventLoop::Post(Task task) {
  std::lock_guard<std::mutex> lock(mutex_);
  posted_.push_back({Elapsed(), std::move(task)});
  Wake();
}

void EventLoop::Stop() {
  std::lock_guard<std::mutex> lock(mutex_);
  stop_ = true;
  Wake();
}

// Wakes the loop if it sleeps. A loop that is awake looks at the queue before
// it sleeps, so no system call is needed, nor on the loop's own thread. Of the
// tasks that other threads post while the loop sleeps, only the first costs a
// system call. REQUIRES: mutex_ is locked.
void EventLoop::Wake() {
  if (!sleeping_ || std::this_thread::get_id() == loop_thread_) return;
  sleeping_ = false;
  AddOne(wake_fd_);
}

Executor::TimerId EventLoop::RunAfter(absl::Duration delay, Task task) {
  const int64_t wait =
      std::clamp<int64_t>(absl::ToInt64Nanoseconds(delay), 0, kFarthest);
  return timers_.Add(Elapsed() + wait, std::move(task));
}

void EventLoop::Cancel(TimerId timer) { timers_.Cancel(timer); }

std::string EventLoop::Leftovers() const {
  std::string left;
  if (timers_.size() > 0) left = absl::StrCat(timers_.size(), " timers");
  for (size_t fd = 0; fd < watched_.size(); ++fd) {
    for (const FdWatch* watch : watched_[fd].watches) {
      if (watch == nullptr || watch == wake_watch_.get()) continue;
      absl::StrAppend(&left, left.empty() ? "" : ", ", "a watch of descriptor ",
                      fd);
    }
  }
  return left;
}

absl::Status EventLoop::OnSignal(int signal, Task task) {
  if (signal <= 0 || signal >= NSIG || signal == SIGKILL || signal == SIGSTOP) {
    return absl::InvalidArgumentError(absl::StrCat(
        "event loop: signal ", signal, " is none that can be caught"));
  }
  int owner = -1;
  if (!signal_wake_fd.compare_exchange_strong(owner, wake_fd_) &&
      owner != wake_fd_) {
    return absl::FailedPreconditionError(
        "event loop: another loop of this process has the signals");
  }
  for (const SignalTask& each : signals_) {
    if (each.signal != signal) continue;
    return absl::FailedPreconditionError(
        absl::StrCat("event loop: signal ", signal, " has a task already"));
  }
  arrived[signal] = 0;
  struct sigaction action = {}, before = {};
  action.sa_handler = &HandleSignal;
  action.sa_flags = SA_RESTART;
  sigfillset(&action.sa_mask);
  if (sigaction(signal, &action, &before) != 0) {
    return absl::ErrnoToStatus(errno,
                               absl::StrCat("event loop: signal ", signal));
  }
  signals_.push_back({signal, std::move(task), before});
  return absl::OkStatus();
}

void EventLoop::Run() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    loop_thread_ = std::this_thread::get_id();
  }
  for (;;) {
    RunDue();
    bool at_once;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (stop_) {
        stop_ = false;
        loop_thread_ = std::thread::id();
        return;
      }
      sleeping_ = posted_.empty();
      at_once = !sleeping_;
    }
    Sleep(at_once);
  }
}

// The timeout for epoll_wait, in milliseconds. Rounded up, so that the loop
// does not wake before the timer is due.
int EventLoop::Until(int64_t due) const {
  if (due == kNever) return -1;
  constexpr int64_t kMillisecond = 1000000, kHour = 3600 * 1000 * kMillisecond;
  const int64_t wait = std::clamp<int64_t>(due - Elapsed(), 0, kHour);
  return static_cast<int>((wait + kMillisecond - 1) / kMillisecond);
}

// Waits until a descriptor is ready or a timer is due; with `at_once` it does
// not wait. Then calls the watches that are ready.
void EventLoop::Sleep(bool at_once) {
  const int milliseconds =
      at_once ? 0 : Until(timers_.NextDue().value_or(kNever));
  epoll_event events[kEventsAtOnce];
  const int ready = epoll_wait(epoll_fd_, events, kEventsAtOnce, milliseconds);
  if (ready < 0 && errno != EINTR) {
    // Only a closed or overwritten descriptor can cause this. The loop could
    // never run anything again, so the process aborts and its supervisor can
    // start a new one.
    std::perror("mailverdict: event loop: epoll_wait");
    std::abort();
  }
  for (int i = 0; i < ready; ++i) CallBack(events[i]);
}

// Calls the watches of one event. An earlier callback may have closed the
// descriptor, and its number may by now be another descriptor's. The generation
// detects this.
void EventLoop::CallBack(const epoll_event& event) {
  const auto fd = static_cast<size_t>(event.data.u64 & 0xffffffff);
  const auto generation = static_cast<uint32_t>(event.data.u64 >> 32);
  const bool failed = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
  for (const auto direction : {FdWatch::kReadable, FdWatch::kWritable}) {
    const Watched& watched = watched_[fd];
    FdWatch* const watch = watched.watches[direction];
    if (watch == nullptr || watched.generation != generation) continue;
    if (failed || (event.events & kEvents[direction]) != 0) watch->CallBack();
  }
}

// Sets the watch of a descriptor in one direction, or removes it if `watch` is
// nullptr. Returns false if there is another watch, or if the kernel refuses.
bool EventLoop::SetWatch(int fd, int direction, FdWatch* watch) {
  if (fd < 0) return false;
  const auto place = static_cast<size_t>(fd);
  if (place >= watched_.size()) watched_.resize(2 * place + 1);
  Watched& watched = watched_[place];
  const auto wanted = [&] {
    return (watched.watches[0] != nullptr ? kEvents[0] : 0) |
           (watched.watches[1] != nullptr ? kEvents[1] : 0);
  };
  if (watch != nullptr && watched.watches[direction] != nullptr) return false;
  const uint32_t before = wanted();
  watched.watches[direction] = watch;
  epoll_event event = {};
  event.events = wanted();
  if (event.events == 0) ++watched.generation;
  event.data.u64 = uint64_t{watched.generation} << 32 | place;
  const int change = before == 0         ? EPOLL_CTL_ADD
                     : event.events == 0 ? EPOLL_CTL_DEL
                                         : EPOLL_CTL_MOD;
  if (epoll_ctl(epoll_fd_, change, fd, &event) == 0) return true;
  if (watch != nullptr) watched.watches[direction] = nullptr;
  return false;
}

// Called when the eventfd has woken the loop. The value of its counter has no
// meaning.
void EventLoop::Woken() {
  uint64_t count;
  (void)!read(wake_fd_, &count, sizeof count);
  for (size_t i = 0; i < signals_.size(); ++i) {  // a task may add one
    const SignalTask& each = signals_[i];
    for (int n = arrived[each.signal].exchange(0); n > 0; --n) each.task();
  }
}

void EventLoop::RunDue() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    sleeping_ = false;
    batch_.swap(posted_);
  }
  for (Posted& posted : batch_) {
    RunTimers(posted.due);
    std::exchange(posted.task, nullptr)();
  }
  batch_.clear();
  if (timers_.size() > 0) RunTimers(Elapsed());
}

// Runs the timers that are due at `until`. A timer that a task adds is due
// later, or, on a coarse clock, at the same time. The bound keeps such timers
// from holding up the descriptors.
void EventLoop::RunTimers(int64_t until) {
  size_t left = timers_.size();
  while (left-- > 0) {
    std::optional<Task> task = timers_.TakeDue(until);
    if (!task.has_value()) return;
    (*task)();
  }
}

FdWatch::FdWatch(EventLoop* loop, int fd, Direction direction,
                 std::function<void()> on_ready)
    : loop_(loop),
      fd_(fd),
      direction_(direction),
      on_ready_(std::move(on_ready)) {}

FdWatch::~FdWatch() {
  Stop();
  if (gone_ != nullptr) *gone_ = true;
}

bool FdWatch::Start() {
  if (!started_) started_ = loop_->SetWatch(fd_, direction_, this);
  return started_;
}

void FdWatch::Stop() {
  if (!std::exchange(started_, false)) return;
  loop_->SetWatch(fd_, direction_, nullptr);
}

// on_ready_ may destroy the watch, so it is moved out of the watch while it
// runs.
void FdWatch::CallBack() {
  std::function<void()> on_ready = std::move(on_ready_);
  bool gone = false;
  gone_ = &gone;
  on_ready();
  if (gone) return;
  gone_ = nullptr;
  on_ready_ = std::move(on_ready);
}

std::unique_ptr<Executor::Watch> EventLoop::WatchFd(int fd, Ready ready,
                                                    Task on_ready) {
  struct Watching final : Watch {
    Watching(EventLoop* loop, int fd, FdWatch::Direction direction,
             Task on_ready)
        : watch(loop, fd, direction, std::move(on_ready)) {}
    FdWatch watch;
  };
  auto watching = std::make_unique<Watching>(
      this, fd,
      ready == Ready::kToRead ? FdWatch::kReadable : FdWatch::kWritable,
      std::move(on_ready));
  if (!watching->watch.Start()) return nullptr;
  return watching;
}

}  // namespace mailverdict

#include "adapters/loop/event_loop.h"

#include <errno.h>
#include <event2/event.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mailverdict {
namespace {

constexpr int64_t kNotArmed = std::numeric_limits<int64_t>::max();
// Timers further away than this are as good as never. It keeps sums in range.
constexpr int64_t kFarthest = std::numeric_limits<int64_t>::max() / 4;

// How often a task from outside looks whether the loop sleeps by now: about as
// long as a verdict takes that has all its answers at hand.
constexpr int kLooks = 200;

// The eventfd's counter has done its work by waking the loop.
void DrainWakeFd(evutil_socket_t fd, short, void*) {
  uint64_t count;
  (void)!read(fd, &count, sizeof count);
}

}  // namespace

void EventLoop::FreeBase::operator()(struct event_base* base) const {
  event_base_free(base);
}
void EventLoop::FreeEvent::operator()(struct event* event) const {
  event_free(event);
}

absl::StatusOr<std::unique_ptr<EventLoop>> EventLoop::Create() {
  std::unique_ptr<EventLoop> loop(new EventLoop);
  absl::Status status = loop->Init();
  if (!status.ok()) return status;
  return loop;
}

absl::Status EventLoop::Init() {
  armed_ = kNotArmed;
  base_.reset(event_base_new());
  wake_fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (base_ == nullptr || wake_fd_ < 0) {
    return absl::ErrnoToStatus(
        errno,
        "event loop: no descriptor left for epoll or eventfd; raise the "
        "limit of open files (ulimit -n, LimitNOFILE=)");
  }
  wake_event_.reset(event_new(base_.get(), wake_fd_, EV_READ | EV_PERSIST,
                              &DrainWakeFd, nullptr));
  timer_event_.reset(event_new(
      base_.get(), -1, 0,
      [](evutil_socket_t, short, void* self) {
        auto* loop = static_cast<EventLoop*>(self);
        loop->Enter();
        loop->armed_ = kNotArmed;
      },
      this));
  if (wake_event_ == nullptr || timer_event_ == nullptr ||
      event_add(wake_event_.get(), nullptr) != 0) {
    return absl::ResourceExhaustedError(
        "event loop: libevent cannot watch the eventfd; is memory exhausted, "
        "or the limit of epoll watches (fs.epoll.max_user_watches)?");
  }
  return absl::OkStatus();
}

EventLoop::~EventLoop() {
  signals_.clear();
  wake_event_.reset();
  timer_event_.reset();
  if (wake_fd_ >= 0) close(wake_fd_);
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

// With mutex_ held. A loop that is awake looks at the queue before it sleeps,
// and the loop's own thread is awake by being here: neither costs a system
// call. Of other threads' tasks only the first in each sleep does.
void EventLoop::Wake() {
  if (!sleeping_ || std::this_thread::get_id() == loop_thread_) return;
  sleeping_ = false;
  const uint64_t one = 1;
  (void)!write(wake_fd_, &one, sizeof one);
}

Executor::TimerId EventLoop::RunAfter(absl::Duration delay, Task task) {
  const int64_t wait =
      std::clamp<int64_t>(absl::ToInt64Nanoseconds(delay), 0, kFarthest);
  return timers_.Add(Elapsed() + wait, std::move(task));
}

void EventLoop::Cancel(TimerId timer) { timers_.Cancel(timer); }

absl::Status EventLoop::OnSignal(int signal, Task task) {
  auto watch = std::make_unique<SignalWatch>();
  watch->loop = this;
  watch->task = std::move(task);
  watch->event.reset(event_new(
      base_.get(), signal, EV_SIGNAL | EV_PERSIST,
      [](evutil_socket_t, short, void* argument) {
        const auto* watch = static_cast<SignalWatch*>(argument);
        watch->loop->Enter();
        watch->task();
      },
      watch.get()));
  if (watch->event == nullptr || event_add(watch->event.get(), nullptr) != 0) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "event loop: signal ", signal, " cannot be watched; is it a signal ",
        "that can be caught, and are descriptors left?"));
  }
  signals_.push_back(std::move(watch));
  return absl::OkStatus();
}

void EventLoop::Run() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    loop_thread_ = std::this_thread::get_id();
  }
  for (;;) {
    Enter();
    RunDue();
    const bool more = RunBeforeSleep();
    int flags = EVLOOP_ONCE;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (stop_) {
        stop_ = false;
        loop_thread_ = std::thread::id();
        return;
      }
      sleeping_ = posted_.empty() && !more;
      if (!sleeping_) flags |= EVLOOP_NONBLOCK;
    }
    ArmTimer();
    Leave();
    if (event_base_loop(base_.get(), flags) < 0) {
      // epoll_wait itself failed, which only a closed or overwritten
      // descriptor can do. Nothing would ever run again: let the supervisor
      // start a sound process.
      std::perror("mailverdict: event loop: epoll_wait");
      std::abort();
    }
  }
}

// Whatever libevent calls enters first.
void EventLoop::Enter() {
  if (entered_) return;
  entered_ = true;
  const std::lock_guard<std::mutex> lock(turn_);
  asleep_ = false;
}

void EventLoop::Leave() {
  entered_ = false;
  const std::lock_guard<std::mutex> lock(turn_);
  asleep_ = true;
}

bool EventLoop::RunOutside(absl::FunctionRef<void()> task) {
  std::unique_lock<std::mutex> turn(turn_, std::defer_lock);
  for (int look = 0; look < kLooks; ++look) {
    if (!turn.try_lock()) continue;
    if (!asleep_) {
      turn.unlock();
      continue;
    }
    task();
    // The loop armed its timer before it went to sleep.
    const std::optional<int64_t> due = timers_.NextDue();
    if (due.has_value() && *due < armed_) {
      const std::lock_guard<std::mutex> lock(mutex_);
      Wake();
    }
    return true;
  }
  return false;
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

// What a task adds is due after `until`, or equal on a coarse clock; the bound
// keeps even that from holding up the descriptors.
void EventLoop::RunTimers(int64_t until) {
  size_t left = timers_.size();
  while (left-- > 0) {
    std::optional<Task> task = timers_.TakeDue(until);
    if (!task.has_value()) return;
    (*task)();
  }
}

// Whether there is more of it by now.
bool EventLoop::RunBeforeSleep() {
  for (size_t i = 0; i < before_sleep_.size(); ++i) {
    BeforeSleep& each = *before_sleep_[i];
    if (std::exchange(each.scheduled_, false)) each.task_();
  }
  return std::any_of(before_sleep_.begin(), before_sleep_.end(),
                     [](const BeforeSleep* each) { return each->scheduled_; });
}

BeforeSleep::BeforeSleep(EventLoop* loop, std::function<void()> task)
    : loop_(loop), task_(std::move(task)) {
  loop_->before_sleep_.push_back(this);
}

BeforeSleep::~BeforeSleep() {
  std::vector<BeforeSleep*>& all = loop_->before_sleep_;
  all.erase(std::remove(all.begin(), all.end(), this), all.end());
}

// asleep_ is the loop's thread's to write: here that is not under way.
void BeforeSleep::Schedule() {
  if (std::exchange(scheduled_, true) || !loop_->asleep_) return;
  const std::lock_guard<std::mutex> lock(loop_->mutex_);
  loop_->Wake();
}

// libevent's timer is set only when it would fire too late. One that fires too
// early finds nothing to do: with deadlines that are set and cancelled all the
// time that is one idle wake-up per deadline's length instead of a change of
// libevent's heap for each of them.
void EventLoop::ArmTimer() {
  const std::optional<int64_t> due = timers_.NextDue();
  if (!due.has_value() || armed_ <= *due) return;
  const int64_t wait = std::max<int64_t>(*due - Elapsed(), 0);
  const struct timeval tv = {wait / 1000000000, wait % 1000000000 / 1000 + 1};
  if (event_add(timer_event_.get(), &tv) == 0) armed_ = *due;
}

struct FdWatch::State {
  EventLoop* loop;
  std::function<void()> on_ready;
  struct event* event = nullptr;
  bool started = false;
  bool running = false;   // on_ready is under way
  bool orphaned = false;  // destroyed meanwhile
};

FdWatch::FdWatch(EventLoop* loop, int fd, Direction direction,
                 std::function<void()> on_ready)
    : state_(new State) {
  state_->loop = loop;
  state_->on_ready = std::move(on_ready);
  state_->event = event_new(
      loop->base_.get(), fd,
      static_cast<short>((direction == kReadable ? EV_READ : EV_WRITE) |
                         EV_PERSIST),
      [](evutil_socket_t, short, void* argument) {
        State* state = static_cast<State*>(argument);
        state->loop->Enter();
        state->running = true;
        state->on_ready();
        state->running = false;
        if (state->orphaned) delete state;
      },
      state_);
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

FdWatch::~FdWatch() {
  if (state_->event != nullptr) event_free(state_->event);
  if (state_->running) {
    state_->orphaned = true;  // on_ready must outlive its own call
  } else {
    delete state_;
  }
}

bool FdWatch::Start() {
  if (!state_->started && state_->event != nullptr) {
    state_->started = event_add(state_->event, nullptr) == 0;
  }
  return state_->started;
}

void FdWatch::Stop() {
  if (!state_->started) return;
  event_del(state_->event);
  state_->started = false;
}

}  // namespace mailverdict

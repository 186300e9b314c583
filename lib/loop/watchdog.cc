#include "lib/loop/watchdog.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "lib/loop/start_thread.h"

namespace mailverdict {
namespace {

std::string Seconds(absl::Duration duration) {
  return absl::FormatDuration(absl::Trunc(duration, absl::Milliseconds(100)));
}

}  // namespace

std::optional<std::string> StallDetector::Beat(absl::Time now) {
  const absl::Duration stood = now - std::exchange(last_beat_, now);
  if (!std::exchange(reported_, false)) return std::nullopt;
  return absl::StrCat("the event loop runs again, after it stood still for ",
                      Seconds(stood));
}

std::optional<std::string> StallDetector::Look(absl::Time now) {
  const absl::Duration between = now - std::exchange(last_look_, now);
  if (between > bound_ && !reported_) last_beat_ = std::max(last_beat_, now);
  const absl::Duration stood = now - last_beat_;
  if (stood <= bound_ || (reported_ && now < next_line_)) return std::nullopt;
  reported_ = true;
  next_line_ = now + kRepeat;
  return absl::StrCat(
      "the event loop has stood still for ", Seconds(stood), ", since ",
      absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", last_beat_, absl::UTCTimeZone()),
      ": no request is answered, mail is deferred by the MTAs' own timeouts; "
      "does a disk or a network file system hang?");
}

Watchdog::Watchdog(Executor* executor, absl::Duration bound, Log log)
    : executor_(executor),
      bound_(bound),
      log_(std::move(log)),
      detector_(bound, executor->Now()),
      beat_(executor) {
  absl::StatusOr<std::thread> thread = StartThread([this] { Run(); });
  if (!thread.ok()) return;  // the loop is not watched
  thread_ = *std::move(thread);
  Beat();
}

Watchdog::~Watchdog() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  stopped_.notify_one();
  thread_.join();
}

// There are several beats in each bound, so that a busy loop does not look like
// one that stands still.
void Watchdog::Beat() {
  std::optional<std::string> line;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    line = detector_.Beat(executor_->Now());
  }
  if (line.has_value()) log_(*line);
  beat_.Set(bound_ / 4, [this] { Beat(); });
}

void Watchdog::Run() {
  const auto period = absl::ToChronoNanoseconds(bound_ / 4);
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopped_.wait_for(lock, period, [this] { return stop_; })) {
    const std::optional<std::string> line = detector_.Look(executor_->Now());
    if (!line.has_value()) continue;
    lock.unlock();
    log_(*line);
    lock.lock();
  }
}

}  // namespace mailverdict

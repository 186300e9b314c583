// Logs when the event loop stands still. A task that blocks (on a hung file
// system, on a lock) keeps every connection from being answered, and the loop
// itself cannot report it.
//
//   Watchdog watchdog(loop, absl::Seconds(10), [&](const std::string& line) {
//     log.Write(Severity::kError, line);   // on the watchdog's thread
//   });

#ifndef MAILVERDICT_LIB_LOOP_WATCHDOG_H_
#define MAILVERDICT_LIB_LOOP_WATCHDOG_H_

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "lib/loop/executor.h"
#include "lib/loop/timer.h"

namespace mailverdict {

// Decides what to log about a loop, from the times at which the loop was seen
// to run. Not thread-safe.
class StallDetector {
 public:
  // The time between two lines while the loop stands still.
  static constexpr absl::Duration kRepeat = absl::Minutes(1);

  StallDetector(absl::Duration bound, absl::Time now)
      : bound_(bound), last_beat_(now), last_look_(now) {}

  // Reports that the loop runs. Returns a line if the loop had been reported as
  // standing still.
  std::optional<std::string> Beat(absl::Time now);

  // Call it from another thread, at least every `bound` / 2. Returns a line if
  // the loop has stood still for longer than the bound. If this call itself is
  // late, the whole process or machine was stopped. That is no fault of the
  // loop, so it gets the bound once more.
  std::optional<std::string> Look(absl::Time now);

 private:
  const absl::Duration bound_;
  absl::Time last_beat_, last_look_;
  absl::Time next_line_ = absl::InfinitePast();  // while it is reported
  bool reported_ = false;
};

// Watches a loop from a thread of its own. Created and destroyed on the loop's
// thread.
class Watchdog {
 public:
  using Log = std::function<void(const std::string& line)>;

  // `executor` outlives this. `log` is called on the watchdog's thread while
  // the loop stands still, and on the loop's thread when it runs again, so it
  // must be thread-safe. If the system allows no further thread, the loop is
  // not watched.
  Watchdog(Executor* executor, absl::Duration bound, Log log);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  // Whether the loop is watched.
  bool watching() const { return thread_.joinable(); }

 private:
  void Beat();
  void Run();

  Executor* const executor_;
  const absl::Duration bound_;
  const Log log_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stop_ = false;       // guarded by mutex_
  StallDetector detector_;  // guarded by mutex_
  Timer beat_;
  std::thread thread_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LOOP_WATCHDOG_H_

// What stands against the policy's files until somebody mends it, for the log:
// said at once, again each hour, and when it is over.

#ifndef MAILVERDICT_ADAPTERS_DAEMON_ALARMS_H_
#define MAILVERDICT_ADAPTERS_DAEMON_ALARMS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace mailverdict {

// Not thread-safe.
class Alarms {
 public:
  // A line that was said once is lost in a day's log.
  static constexpr absl::Duration kRepeat = absl::Hours(1);

  // True if the line is to be logged now: `about` has not been so before.
  bool Raise(const std::string& about, const std::string& line,
             absl::Time now) {
    const auto [alarm, is_new] = alarms_.try_emplace(about);
    if (!is_new && alarm->second.line == line) return false;
    if (is_new) alarm->second.since = now;
    alarm->second.line = line;
    alarm->second.next = now + kRepeat;
    return true;
  }

  // True if there was an alarm about it.
  bool Clear(const std::string& about) { return alarms_.erase(about) > 0; }

  // The lines that are to be logged once more, with since when it is so.
  std::vector<std::string> Due(absl::Time now) {
    std::vector<std::string> lines;
    for (auto& [about, alarm] : alarms_) {
      if (now < alarm.next) continue;
      alarm.next = now + kRepeat;
      lines.push_back(absl::StrCat(
          alarm.line, " (for ",
          absl::FormatDuration(absl::Trunc(now - alarm.since, kRepeat)), ")"));
    }
    return lines;
  }

  // All of them, for `mailverdict status`.
  struct Alarm {
    std::string line;
    absl::Time since, next;
  };
  const std::map<std::string, Alarm>& all() const { return alarms_; }

 private:
  std::map<std::string, Alarm> alarms_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_DAEMON_ALARMS_H_

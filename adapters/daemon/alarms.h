// The alarms about the policy's files: faults that an operator has to mend.
// Each is logged at once, again each hour, and when it is over.

#ifndef MAILVERDICT_ADAPTERS_DAEMON_ALARMS_H_
#define MAILVERDICT_ADAPTERS_DAEMON_ALARMS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace mailverdict {

// The open alarms, each with a key that says which file it is about. Decides
// when a line is due; the caller logs it. Not thread-safe.
class Alarms {
 public:
  // How often the line of an open alarm is logged again, so that it is not
  // overlooked.
  static constexpr absl::Duration kRepeat = absl::Hours(1);

  // Opens the alarm `about`, or changes its line if it is open. True if `line`
  // is to be logged now: the alarm is new, or had another line. Changing the
  // line keeps the time since which the alarm is open.
  bool Raise(const std::string& about, const std::string& line,
             absl::Time now) {
    const auto [alarm, is_new] = alarms_.try_emplace(about);
    if (!is_new && alarm->second.line == line) return false;
    if (is_new) alarm->second.since = now;
    alarm->second.line = line;
    alarm->second.next = now + kRepeat;
    return true;
  }

  // Closes the alarm `about`. True if it was open.
  bool Clear(const std::string& about) { return alarms_.erase(about) > 0; }

  // The lines that are to be logged again now. Each says how long its alarm has
  // been open.
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

  // All open alarms, for `mailverdict status`.
  struct Alarm {
    std::string line;
    absl::Time since;  // when it was opened
    absl::Time next;   // when its line is due again
  };
  const std::map<std::string, Alarm>& all() const { return alarms_; }

 private:
  std::map<std::string, Alarm> alarms_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_DAEMON_ALARMS_H_

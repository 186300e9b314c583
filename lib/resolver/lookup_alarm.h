// An alarm about lookups that all fail while the servers look well: something
// that no control sees keeps every answer from being used.

#ifndef MAILVERDICT_LIB_RESOLVER_LOOKUP_ALARM_H_
#define MAILVERDICT_LIB_RESOLVER_LOOKUP_ALARM_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/time/time.h"
#include "lib/core/answer.h"

namespace mailverdict {

// One service: a directory, the names of DNS, or a list in DNS. Not
// thread-safe.
class LookupAlarm {
 public:
  // The alarm is raised when every lookup was Unknown for this long, and said
  // again after each further one.
  static constexpr absl::Duration kAfter = absl::Hours(1);
  // Fewer lookups than this prove no outage: at night two recipients an hour
  // apart may each have met a restart.
  static constexpr int kLookups = 5;

  // `service` begins each line, as in "directory people"; `advice` says what
  // the alarm means for mail, and what to do. `log` may be null.
  LookupAlarm(std::string service, std::string advice,
              std::function<void(const std::string&)> log);

  // The answer of a lookup. `well` is asked only when it matters: whether the
  // service's state says well, or nothing. While it says failing there is no
  // alarm, since the log and `status` tell already.
  void Note(const Answer& answer, const std::function<bool()>& well,
            absl::Time now);

  // Whether the last line that was logged is the alarm, and not its end.
  bool raised() const { return raised_; }

 private:
  // Lookups that were Unknown, one after the other.
  struct Streak {
    int64_t lookups = 0;
    absl::Time since;
    absl::Time next_line;
  };

  const std::string service_;
  const std::string advice_;
  const std::function<void(const std::string&)> log_;
  Streak streak_;
  bool raised_ = false;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_RESOLVER_LOOKUP_ALARM_H_

// An alarm about lookups that all fail although a server looks well. In that
// case every answer is Unknown for a reason that the controls do not detect.

#ifndef MAILVERDICT_LIB_RESOLVER_LOOKUP_ALARM_H_
#define MAILVERDICT_LIB_RESOLVER_LOOKUP_ALARM_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/time/time.h"
#include "lib/core/answer.h"

namespace mailverdict {

// The alarm of one service: a directory, the names of DNS, or a list in DNS.
// Not thread-safe.
class LookupAlarm {
 public:
  // The alarm is raised when every lookup has been Unknown for this long. While
  // the alarm lasts, it is logged again every kAfter.
  static constexpr absl::Duration kAfter = absl::Hours(1);
  // The alarm needs at least this many failed lookups. At night there may be
  // only two in an hour, and both may have failed because of restarts.
  static constexpr int kLookups = 5;

  // `service` begins each line, as in "directory people"; `advice` says what
  // the alarm means for mail, and what to do. `log` may be null.
  LookupAlarm(std::string service, std::string advice,
              std::function<void(const std::string&)> log);

  // Takes note of the answer of a lookup. `well` is called only when an alarm
  // is due. It returns false if every server of the service is failing. Then no
  // alarm is raised, because the log and `status` already show the failure.
  void Note(const Answer& answer, const std::function<bool()>& well,
            absl::Time now);

  // Whether an alarm was raised that has not ended.
  bool raised() const { return raised_; }

 private:
  // An unbroken sequence of lookups that were Unknown.
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

#include "lib/resolver/lookup_alarm.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace mailverdict {

LookupAlarm::LookupAlarm(std::string service, std::string advice,
                         std::function<void(const std::string&)> log)
    : service_(std::move(service)),
      advice_(std::move(advice)),
      log_(std::move(log)) {}

void LookupAlarm::Note(const Answer& answer, const std::function<bool()>& well,
                       absl::Time now) {
  if (!answer.unknown()) {
    if (raised_ && log_) {
      log_(absl::StrCat(service_, " answers lookups again, after ",
                        absl::FormatDuration(absl::Trunc(now - streak_.since,
                                                         absl::Seconds(1)))));
    }
    raised_ = false;
    streak_ = Streak();
    return;
  }
  if (streak_.lookups++ == 0) {
    streak_.since = now;
    streak_.next_line = now + kAfter;
  }
  if (now < streak_.next_line || streak_.lookups < kLookups || !well()) return;
  streak_.next_line = now + kAfter;
  raised_ = true;
  if (!log_) return;
  log_(absl::StrCat(service_, " ALARM: no lookup was answered since ",
                    absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", streak_.since,
                                     absl::UTCTimeZone()),
                    " (", streak_.lookups,
                    " were Unknown), though the controls pass; ", advice_,
                    ". The last reason: ", answer.reason()));
}

}  // namespace mailverdict

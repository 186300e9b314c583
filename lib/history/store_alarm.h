// A store's state of health as the log should tell it: one line when it fails,
// one every five minutes while it does, one when it heals.

#ifndef MAILVERDICT_LIB_HISTORY_STORE_ALARM_H_
#define MAILVERDICT_LIB_HISTORY_STORE_ALARM_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace mailverdict {

// Not thread-safe.
class StoreAlarm {
 public:
  static constexpr absl::Duration kRepeat = absl::Minutes(5);

  // `store` begins each line: "history /var/lib/mailverdict/history".
  explicit StoreAlarm(std::string store) : store_(std::move(store)) {}

  // Each gives the line to log, if it is time for one. `lost` is how many
  // writes were dropped since the store was opened.
  std::optional<std::string> Failed(absl::string_view why, uint64_t lost,
                                    absl::Time now) {
    if (failing_ && now < next_line_) return std::nullopt;
    std::string line = absl::StrCat(store_, " FAILS: ", why);
    if (!failing_) {
      failing_ = true;
      since_ = now;
      lost_before_ = lost;
    } else {
      absl::StrAppend(&line, ", since ", For(now));
    }
    next_line_ = now + kRepeat;
    absl::StrAppend(&line, "; ", lost - lost_before_,
                    " writes dropped; what it holds is still read");
    return line;
  }
  std::optional<std::string> Healed(uint64_t lost, absl::Time now) {
    if (!failing_) return std::nullopt;
    failing_ = false;
    return absl::StrCat(store_, " is well again, after ", For(now), "; ",
                        lost - lost_before_, " writes dropped");
  }

 private:
  std::string For(absl::Time now) const {
    return absl::FormatDuration(absl::Trunc(now - since_, absl::Seconds(1)));
  }

  const std::string store_;
  bool failing_ = false;
  uint64_t lost_before_ = 0;
  absl::Time since_;
  absl::Time next_line_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_HISTORY_STORE_ALARM_H_

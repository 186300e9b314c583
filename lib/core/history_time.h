// Writes and reads times in the values of the history's reports:
// "last seen 2026-11-24T04:00:00Z".

#ifndef MAILVERDICT_LIB_CORE_HISTORY_TIME_H_
#define MAILVERDICT_LIB_CORE_HISTORY_TIME_H_

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"

namespace mailverdict {

inline constexpr absl::string_view kHistoryTimeFormat = "%Y-%m-%dT%H:%M:%SZ";

// `what` stands before the time and ends with a blank.
inline std::string FormatHistoryTime(absl::string_view what, absl::Time when) {
  return absl::StrCat(
      what, absl::FormatTime(kHistoryTimeFormat, when, absl::UTCTimeZone()));
}

// The inverse; nullopt if `value` is not `what` and a time.
inline std::optional<absl::Time> ParseHistoryTime(absl::string_view what,
                                                  absl::string_view value) {
  absl::Time when;
  if (!absl::ConsumePrefix(&value, what)) return std::nullopt;
  if (!absl::ParseTime(kHistoryTimeFormat, value, &when, nullptr)) {
    return std::nullopt;
  }
  return when;
}

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_HISTORY_TIME_H_

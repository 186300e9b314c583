#include "lib/core/vanished.h"

#include <algorithm>

namespace mailverdict {
namespace {

constexpr absl::string_view kFormat = "%Y-%m-%dT%H:%M:%SZ";

}  // namespace

std::vector<std::string> Vanished::ToValues() const {
  std::vector<std::string> values;
  for (absl::Time time : times) {
    values.push_back(absl::FormatTime(kFormat, time, absl::UTCTimeZone()));
  }
  return values;
}

std::optional<Vanished> Vanished::From(const Answer& answer) {
  if (!answer.present() || answer.values().empty()) return std::nullopt;
  Vanished vanished;
  for (const std::string& value : answer.values()) {
    absl::Time time;
    if (!absl::ParseTime(kFormat, value, &time, nullptr)) return std::nullopt;
    vanished.times.push_back(time);
  }
  return vanished;
}

bool TooManyVanished(const std::vector<absl::Time>& times, int count,
                     absl::Duration within) {
  const auto more = static_cast<size_t>(std::max(count, 0));
  std::vector<absl::Time> sorted = times;
  std::sort(sorted.begin(), sorted.end());
  for (size_t i = more; i < sorted.size(); ++i) {
    if (sorted[i] - sorted[i - more] <= within) return true;
  }
  return false;
}

}  // namespace mailverdict

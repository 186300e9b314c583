#include "lib/core/vanished.h"

#include <algorithm>

#include "lib/core/history_time.h"

namespace mailverdict {

std::vector<std::string> Vanished::ToValues() const {
  std::vector<std::string> values;
  for (absl::Time time : times) {
    values.push_back(FormatHistoryTime("", time));
  }
  return values;
}

std::optional<Vanished> Vanished::From(const Answer& answer) {
  if (!answer.present() || answer.values().empty()) return std::nullopt;
  Vanished vanished;
  for (const std::string& value : answer.values()) {
    const std::optional<absl::Time> time = ParseHistoryTime("", value);
    if (!time.has_value()) return std::nullopt;
    vanished.times.push_back(*time);
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

#include "lib/core/mailbox_seen.h"

#include "absl/strings/string_view.h"
#include "lib/core/history_time.h"

namespace mailverdict {
namespace {

constexpr absl::string_view kLastSeen = "last seen ";
constexpr absl::string_view kVanished = "vanished ";
constexpr absl::string_view kLastMissed = "last missed ";

}  // namespace

absl::Time MailboxSeen::MissingSince(absl::Time now) const {
  const bool unbroken = vanished <= now && now - last_missed <= kMaxGap;
  return unbroken ? vanished : now;
}

std::vector<std::string> MailboxSeen::ToValues() const {
  std::vector<std::string> values = {FormatHistoryTime(kLastSeen, last_seen)};
  if (vanished != absl::InfiniteFuture()) {
    values.push_back(FormatHistoryTime(kVanished, vanished));
    values.push_back(FormatHistoryTime(kLastMissed, last_missed));
  }
  return values;
}

std::optional<MailboxSeen> MailboxSeen::From(const Answer& answer) {
  const std::vector<std::string>& values = answer.values();
  if (!answer.present() || (values.size() != 1 && values.size() != 3)) {
    return std::nullopt;
  }
  const auto last_seen = ParseHistoryTime(kLastSeen, values[0]);
  if (!last_seen.has_value()) return std::nullopt;
  if (values.size() == 1) return MailboxSeen{*last_seen};
  const auto vanished = ParseHistoryTime(kVanished, values[1]);
  const auto last_missed = ParseHistoryTime(kLastMissed, values[2]);
  if (!vanished.has_value() || !last_missed.has_value()) return std::nullopt;
  return MailboxSeen{*last_seen, *vanished, *last_missed};
}

}  // namespace mailverdict

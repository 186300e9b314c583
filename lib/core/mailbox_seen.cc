#include "lib/core/mailbox_seen.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace mailverdict {
namespace {

constexpr absl::string_view kLastSeen = "last seen ";
constexpr absl::string_view kVanished = "vanished ";
constexpr absl::string_view kLastMissed = "last missed ";
constexpr absl::string_view kFormat = "%Y-%m-%dT%H:%M:%SZ";

std::string Format(absl::string_view what, absl::Time when) {
  return absl::StrCat(what,
                      absl::FormatTime(kFormat, when, absl::UTCTimeZone()));
}

std::optional<absl::Time> Read(absl::string_view what,
                               absl::string_view value) {
  absl::Time when;
  if (!absl::ConsumePrefix(&value, what)) return std::nullopt;
  if (!absl::ParseTime(kFormat, value, &when, nullptr)) return std::nullopt;
  return when;
}

}  // namespace

absl::Time MailboxSeen::MissingSince(absl::Time now) const {
  const bool unbroken = vanished <= now && now - last_missed <= kMaxGap;
  return unbroken ? vanished : now;
}

std::vector<std::string> MailboxSeen::ToValues() const {
  std::vector<std::string> values = {Format(kLastSeen, last_seen)};
  if (vanished != absl::InfiniteFuture()) {
    values.push_back(Format(kVanished, vanished));
    values.push_back(Format(kLastMissed, last_missed));
  }
  return values;
}

std::optional<MailboxSeen> MailboxSeen::From(const Answer& answer) {
  const std::vector<std::string>& values = answer.values();
  if (!answer.present() || (values.size() != 1 && values.size() != 3)) {
    return std::nullopt;
  }
  const auto last_seen = Read(kLastSeen, values[0]);
  if (!last_seen.has_value()) return std::nullopt;
  if (values.size() == 1) return MailboxSeen{*last_seen};
  const auto vanished = Read(kVanished, values[1]);
  const auto last_missed = Read(kLastMissed, values[2]);
  if (!vanished.has_value() || !last_missed.has_value()) return std::nullopt;
  return MailboxSeen{*last_seen, *vanished, *last_missed};
}

}  // namespace mailverdict

#include "lib/core/mailbox_seen.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace mailverdict {
namespace {

constexpr absl::string_view kLastSeen = "last seen ";
constexpr absl::string_view kVanished = "vanished ";
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

std::vector<std::string> MailboxSeen::ToValues() const {
  std::vector<std::string> values = {Format(kLastSeen, last_seen)};
  if (vanished != absl::InfiniteFuture()) {
    values.push_back(Format(kVanished, vanished));
  }
  return values;
}

std::optional<MailboxSeen> MailboxSeen::From(const Answer& answer) {
  if (!answer.present() || answer.values().empty()) return std::nullopt;
  const auto last_seen = Read(kLastSeen, answer.values()[0]);
  if (!last_seen.has_value()) return std::nullopt;
  MailboxSeen seen{*last_seen};
  if (answer.values().size() > 1) {
    const auto vanished = Read(kVanished, answer.values()[1]);
    if (!vanished.has_value()) return std::nullopt;
    seen.vanished = *vanished;
  }
  return seen;
}

}  // namespace mailverdict

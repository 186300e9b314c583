#include "lib/core/missing_domain.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "lib/core/history_time.h"

namespace mailverdict {
namespace {

constexpr absl::string_view kFirst = "first missing ";
constexpr absl::string_view kLast = "last missing ";
constexpr absl::string_view kMessages = "messages ";
constexpr absl::string_view kAdded = "added";
constexpr absl::string_view kPinned = "pinned";

}  // namespace

bool MissingDomain::Learned(const DomainCheckPolicy& policy,
                            absl::Time now) const {
  return mark != Mark::kNone || (messages >= policy.learn_messages &&
                                 now - first >= policy.learn_over &&
                                 last <= now && now - last <= kMaxGap);
}

std::vector<std::string> MissingDomain::ToValues() const {
  std::vector<std::string> values = {FormatHistoryTime(kFirst, first),
                                     FormatHistoryTime(kLast, last),
                                     absl::StrCat(kMessages, messages)};
  if (mark != Mark::kNone) {
    values.emplace_back(mark == Mark::kPinned ? kPinned : kAdded);
  }
  return values;
}

std::optional<MissingDomain> MissingDomain::From(const Answer& answer) {
  const std::vector<std::string>& values = answer.values();
  if (!answer.present() || values.size() < 3) return std::nullopt;
  const auto first = ParseHistoryTime(kFirst, values[0]);
  const auto last = ParseHistoryTime(kLast, values[1]);
  absl::string_view messages = values[2];
  MissingDomain domain;
  if (!first.has_value() || !last.has_value() ||
      !absl::ConsumePrefix(&messages, kMessages) ||
      !absl::SimpleAtoi(messages, &domain.messages)) {
    return std::nullopt;
  }
  domain.first = *first;
  domain.last = *last;
  if (values.size() == 3) return domain;
  if (values.size() > 4 || (values[3] != kAdded && values[3] != kPinned)) {
    return std::nullopt;
  }
  domain.mark = values[3] == kPinned ? Mark::kPinned : Mark::kAdded;
  return domain;
}

}  // namespace mailverdict

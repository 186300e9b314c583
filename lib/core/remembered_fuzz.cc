// Reads the values of a history's report from any text; the lines of the input
// are the values. What could be read is written again and must read the same.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/core/mailbox_seen.h"
#include "lib/core/missing_domain.h"
#include "lib/core/vanished.h"
#include "tests/fuzz/require.h"

namespace mailverdict {
namespace {

Answer Of(HistoryLookup::Kind kind, std::vector<std::string> values) {
  return Answer(Report::Present(HistoryLookup{kind, "key"}, std::move(values)));
}

template <typename Remembered>
void Examine(HistoryLookup::Kind kind, const std::vector<std::string>& values) {
  const auto read = Remembered::From(Of(kind, values));
  if (!read.has_value()) return;
  const std::vector<std::string> written = read->ToValues();
  const auto again = Remembered::From(Of(kind, written));
  Require(again.has_value(), "what was written can be read");
  Require(again->ToValues() == written, "and says the same");
  Require(values.size() == written.size(), "no value is passed over");
}

// A domain is learned only by an operator's mark, or by enough messages.
void ExamineDomain(const std::vector<std::string>& values) {
  const auto domain =
      MissingDomain::From(Of(HistoryLookup::Kind::kMissingDomain, values));
  if (!domain.has_value()) return;
  const DomainCheckPolicy policy;
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  if (!domain->Learned(policy, now)) return;
  if (domain->mark != MissingDomain::Mark::kNone) {
    Require(
        values.size() == 4 && (values[3] == "added" || values[3] == "pinned"),
        "a mark is one of two words");
    return;
  }
  Require(domain->messages >= policy.learn_messages, "messages enough");
  Require(now - domain->first >= policy.learn_over, "for long enough");
  Require(domain->last <= now && now - domain->last <= MissingDomain::kMaxGap,
          "and not long ago");
}

// Whatever was read, a mailbox that is missing now has been missing since now
// or earlier.
void ExamineMailbox(const std::vector<std::string>& values) {
  const auto seen =
      MailboxSeen::From(Of(HistoryLookup::Kind::kMailboxSeen, values));
  if (!seen.has_value()) return;
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  Require(seen->MissingSince(now) <= now, "nobody goes missing later");
  Require(values.size() == 3 || seen->MissingSince(now) == now,
          "who has not vanished is missing from now on");
}

}  // namespace
}  // namespace mailverdict

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mailverdict;  // NOLINT: a program of one function
  const std::vector<std::string> values = Split(Bytes(data, size), '\n');
  Examine<MailboxSeen>(HistoryLookup::Kind::kMailboxSeen, values);
  Examine<Vanished>(HistoryLookup::Kind::kVanished, values);
  Examine<MissingDomain>(HistoryLookup::Kind::kMissingDomain, values);
  ExamineMailbox(values);
  ExamineDomain(values);
  return 0;
}

#include "lib/resolve/passes.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"

namespace mailverdict {
namespace {

absl::Time FreshUntil(const Policy& policy, const Answer& answer) {
  const absl::Time since = answer.transcript().received;
  if (const auto* mailbox = std::get_if<MailboxLookup>(&answer.lookup())) {
    const DirectoryPolicy* directory = policy.FindDirectory(mailbox->directory);
    if (!answer.present() || directory == nullptr) return absl::InfinitePast();
    return since + directory->keep_present;
  }
  const auto* dns = std::get_if<DnsLookup>(&answer.lookup());
  if (dns == nullptr || dns->with_controls || answer.unknown()) {
    return absl::InfinitePast();
  }
  return since + std::min(answer.dns().ttl, answer.absent()
                                                ? policy.dns.keep_absent
                                                : policy.dns.keep_present);
}

}  // namespace

absl::Time FreshUntil(const Policy& policy, const Verdict& verdict) {
  if (verdict.disposition() != Disposition::kPass || !verdict.ahead().empty()) {
    return absl::InfinitePast();
  }
  for (const Observation& observation : verdict.observations()) {
    if (observation.kind != Observation::Kind::kPresent) {
      return absl::InfinitePast();
    }
  }
  absl::Time until = absl::InfiniteFuture();
  for (const Verdict::Step& step : verdict.steps()) {
    if (step.found != Disposition::kPass) return absl::InfinitePast();
    for (const Answer& answer : step.answers) {
      until = std::min(until, FreshUntil(policy, answer));
    }
  }
  return until;
}

void Passes::Use(const Chain& chain) {
  young_.clear();
  old_.clear();
  facts_.clear();
  for (const auto& check : chain) facts_[check->stage()].Add(check->facts());
}

// All that is read at this stage: two transactions with one key are judged
// alike. Lengths come before texts, so that no two have one by chance.
absl::string_view Passes::KeyOf(const Transaction& transaction) {
  const auto facts = facts_.find(transaction.stage);
  key_.assign(1, static_cast<char>(transaction.stage));
  if (facts == facts_.end()) return key_;
  const auto add = [this, facts](Stage stage, const std::string& fact) {
    if (facts->second.contains(stage)) {
      absl::StrAppend(&key_, fact.size(), ":", fact);
    }
  };
  add(Stage::kConnect, transaction.client);
  add(Stage::kHelo, transaction.helo);
  add(Stage::kMail, transaction.sender);
  add(Stage::kRcpt, transaction.recipient);
  return key_;
}

std::optional<std::string_view> Passes::Find(const Transaction& transaction) {
  const absl::string_view key = KeyOf(transaction);
  auto found = young_.find(key);
  if (found == young_.end()) {
    const auto old = old_.find(key);
    if (old == old_.end()) return std::nullopt;
    Kept::node_type again = old_.extract(old);
    MakeRoom();
    found = young_.insert(std::move(again)).position;
  }
  if (found->second.until <= transaction.now) return std::nullopt;
  return found->second.why;
}

void Passes::MakeRoom() {
  if (young_.size() >= kMax / 2) old_ = std::exchange(young_, {});
}

void Passes::Keep(const Transaction& transaction, const Verdict& verdict) {
  // What is read of a message's content is more than its key could hold.
  if (transaction.stage > Stage::kRcpt) return;
  const absl::Time until =
      std::min(FreshUntil(*policy_, verdict), transaction.now + kLongest);
  if (until <= transaction.now) return;
  MakeRoom();
  young_.insert_or_assign(KeyOf(transaction), Pass{verdict.why(), until});
}

}  // namespace mailverdict

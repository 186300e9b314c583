#include "lib/engine/passes.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "lib/history/salt.h"

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

// By checks (Evaluate), and by facts that a key can hold, which are not those
// of a message's content.
bool IsJudged(const TransactionView& transaction) {
  return !transaction.authenticated && transaction.stage <= Stage::kRcpt;
}

}  // namespace

absl::Time FreshUntil(const Policy& policy, const Verdict& verdict) {
  if (verdict.disposition() != Disposition::kPass ||
      !verdict.prefetch().empty()) {
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

Passes::Passes(std::shared_ptr<const Policy> policy)
    : policy_(std::move(policy)), hash_(NewSalt()) {}

void Passes::Forget() {
  young_.clear();
  old_.clear();
}

void Passes::Use(const Chain& chain) {
  Forget();
  facts_ = {};
  for (const auto& check : chain) {
    facts_[static_cast<size_t>(check->stage())].Add(check->reads());
  }
}

// Of all that checks read at this stage: two transactions with the same are
// judged alike by them.
uint64_t Passes::KeyOf(const TransactionView& transaction) const {
  const auto stage = static_cast<size_t>(transaction.stage);
  uint64_t key = stage;
  const auto add = [&](Fact fact, std::string_view text) {
    if (facts_[stage].contains(fact)) key = hash_(text, key);
  };
  add(Fact::kClient, transaction.client);
  add(Fact::kHelo, transaction.helo);
  add(Fact::kSender, transaction.sender);
  add(Fact::kRecipient, transaction.recipient);
  if (transaction.resolved.has_value()) {
    add(Fact::kResolved, *transaction.resolved);
  }
  return key;
}

const Verdict* Passes::Find(const TransactionView& transaction,
                            absl::Time now) {
  if (!IsJudged(transaction)) return nullptr;
  const uint64_t key = KeyOf(transaction);
  auto found = young_.find(key);
  if (found == young_.end()) {
    const auto old = old_.find(key);
    if (old == old_.end()) return nullptr;
    const Pass again = old->second;
    old_.erase(old);
    MakeRoom();
    found = young_.emplace(key, again).first;
  }
  const bool fresh = found->second.until > absl::ToUnixNanos(now);
  return fresh ? found->second.verdict : nullptr;
}

void Passes::MakeRoom() {
  if (young_.size() >= kMax / 2) old_ = std::exchange(young_, {});
}

void Passes::Keep(const Transaction& transaction, const Verdict& verdict) {
  const TransactionView view = TransactionView::Of(transaction);
  if (!IsJudged(view) || policy_->IsLocal(transaction.client)) return;
  const absl::Time until =
      std::min(FreshUntil(*policy_, verdict), transaction.now + kLongest);
  if (until <= transaction.now) return;
  MakeRoom();
  const auto pass =
      verdicts_.emplace(verdict.why(), Verdict::Pass(verdict.why()));
  young_.insert_or_assign(KeyOf(view),
                          Pass{&pass.first->second, absl::ToUnixNanos(until)});
}

}  // namespace mailverdict

#include "lib/checks/dnsbl.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/checks/exceptions.h"
#include "lib/core/replies.h"
#include "lib/mail/address.h"
#include "lib/mail/domain.h"
#include "lib/policy/dns_list.h"

namespace mailverdict {
namespace {

// The score of an answer minus the list's minimum. An absence scores 0, which
// is above the minimum of an allow list. An unknown answer scores the minimum:
// it counts as no listing on a block list, and as a listing on an allow list,
// so that doubt never helps to reject.
int ScoreDelta(const DnsList& list, const Answer& answer) {
  const int least = WeightsOf(list).least;
  if (answer.absent()) return -least;
  if (!answer.present()) return 0;
  return ListingWeight(list, answer.values()).value_or(least) - least;
}

// The sender's domain, if lists may be asked for it; otherwise "".
std::string DomainOf(const std::optional<mail::Address>& sender,
                     const Policy& policy) {
  if (!sender.has_value() || sender->literal() ||
      policy.FindRealm(sender->domain()) != nullptr) {
    return "";
  }
  return sender->domain();
}

}  // namespace

DnsblCheck::DnsblCheck(std::shared_ptr<const Policy> policy,
                       const DnsblCheckPolicy& options, Stage stage)
    : Check(*policy, options),
      policy_(std::move(policy)),
      options_(options),
      stage_(stage) {}

bool DnsblCheck::IsListing(const ScoredAnswer& answer) {
  return answer.score_delta + WeightsOf(*answer.question->list).least > 0;
}

FactSet DnsblCheck::reads() const {
  if (stage_ == Stage::kConnect) return {Fact::kClient};
  return {Fact::kClient, Fact::kSender, Fact::kRecipient, Fact::kResolved};
}

Finding DnsblCheck::Examine(const Facts& facts, Inquiry& ask) const {
  const std::optional<mail::IpAddress>& client = facts.client();
  if (!client.has_value()) return Verdict::Pass("client is not known");
  if (!mail::IsPublic(*client)) {
    return Verdict::Pass("client has no public address");
  }
  if (IsToException(*policy_, facts)) return Verdict::Pass("exception");
  const std::vector<Question> questions = QuestionsOf(*client, facts);
  std::vector<ScoredAnswer> all;
  int least = 0;
  int score = 0;
  bool listed = false;
  for (const Question& question : questions) {
    const Answer* answer = ask.Ask(question.lookup);
    if (answer == nullptr) continue;
    const int score_delta = ScoreDelta(*question.list, *answer);
    all.push_back({&question, answer, score_delta});
    least += WeightsOf(*question.list).least;
    score += score_delta;
    listed |= IsListing(all.back());
  }
  if (stage_ == Stage::kConnect) return Verdict::Pass();
  if (all.size() < questions.size()) return Finding::Pending();
  if (!listed) return Verdict::Pass();
  if (least + score < options_.threshold) {
    return Verdict::Pass("listed, and weighs too little");
  }
  return Prove(all, least, ask);
}

std::vector<DnsblCheck::Question> DnsblCheck::QuestionsOf(
    const mail::IpAddress& client, const Facts& facts) const {
  const std::string sender =
      stage_ == Stage::kConnect ? "" : DomainOf(facts.sender(), *policy_);
  std::vector<Question> questions;
  const auto add = [&](const DnsList& list, std::string name, bool of_sender) {
    if (name.size() > mail::kMaxDomainBytes) return;  // too long to exist
    questions.push_back({&list, {std::move(name), DnsType::kA}, of_sender});
  };
  for (const DnsList& list : options_.lists) {
    if (mail::IsIpv4(client) ? list.ipv4 : list.ipv6) {
      add(list, ListedName(client, list.zone), false);
    }
    if (list.domains && !sender.empty()) {
      add(list, absl::StrCat(sender, ".", list.zone), true);
    }
  }
  return questions;
}

Finding DnsblCheck::Prove(const std::vector<ScoredAnswer>& answers, int least,
                          Inquiry& ask) const {
  std::vector<ScoredAnswer> vouched;
  const ScoredAnswer* heaviest = nullptr;
  bool pending = false;
  for (const ScoredAnswer& each : answers) {
    if (each.score_delta == 0) continue;
    DnsLookup again = each.question->lookup;
    again.with_controls = true;
    const Answer* answer = ask.Ask(std::move(again));
    pending |= answer == nullptr;
    if (answer != nullptr && answer->proven()) {
      const int score_delta = ScoreDelta(*each.question->list, *answer);
      vouched.push_back({each.question, answer, score_delta});
    }
    const bool heavier =
        heaviest == nullptr || each.score_delta > heaviest->score_delta;
    if (IsListing(each) && heavier) heaviest = &each;
  }
  const std::string& name = heaviest->question->lookup.name;
  const Answer* text = ask.Ask(DnsLookup{name, DnsType::kTxt});
  if (pending || text == nullptr) return Finding::Pending();

  const std::vector<ScoredAnswer> cited =
      SmallestProof(std::move(vouched), least);
  if (cited.empty()) {
    return Verdict::Pass("listed, and the lists' controls do not bear it out");
  }
  const ScoredAnswer& named = cited.front();
  Proof proof = *named.answer->ProofOfPresence();
  for (size_t i = 1; i < cited.size(); ++i) {
    proof = std::move(proof).And(*cited[i].answer);
  }
  std::string more = absl::StrCat(", ", named.question->list->zone);
  if (named.question == heaviest->question && text->present()) {
    absl::StrAppend(&more, ": ", absl::StrJoin(text->values(), " "));
  }
  return Verdict::Reject(named.question->of_sender ? replies::kSenderListed
                                                   : replies::kClientListed,
                         std::move(proof))
      .WithText(more);
}

std::vector<DnsblCheck::ScoredAnswer> DnsblCheck::SmallestProof(
    std::vector<ScoredAnswer> vouched, int least) const {
  std::stable_sort(vouched.begin(), vouched.end(),
                   [](const ScoredAnswer& a, const ScoredAnswer& b) {
                     return a.score_delta > b.score_delta;
                   });
  auto end = vouched.begin();
  int sum = least;
  while (sum < options_.threshold && end != vouched.end())
    sum += end++->score_delta;
  const auto listings = std::stable_partition(vouched.begin(), end, IsListing);
  if (sum < options_.threshold || listings == vouched.begin()) return {};
  vouched.erase(end, vouched.end());
  return vouched;
}

}  // namespace mailverdict

// The check `dnsbl`: is the client, or the sender's domain, on a block list?
//
// asks       each list for the client's address and, if it is a list of
//            domains, for the sender's domain; all lists at once. If the
//            answers are enough to reject, it asks again with the lists'
//            controls, and for the TXT record of the heaviest listing. At
//            connect it only starts the lookups of the client's address
// decides    at RCPT, for that recipient, by the sum of the lists' weights
//   pass     a recipient that is postmaster, abuse or another exception; a
//            client whose address is not known or not public; a sum below the
//            threshold
//   reject   554 5.7.1 when the proven answers alone reach the threshold; the
//            reply names the list and has the text of its TXT record
// unsure     passes: a list that is dead, slow or wrong, or that lists
//            everybody, counts as no listing. The client, or the sender's
//            domain, counts as listed in an allow list, unless the list's
//            controls prove that it is absent from the list
// limits     the sender's domain is not looked up if it is in one of the
//            policy's realms

#ifndef MAILVERDICT_LIB_CHECKS_DNSBL_H_
#define MAILVERDICT_LIB_CHECKS_DNSBL_H_

#include <memory>
#include <vector>

#include "lib/core/check.h"
#include "lib/mail/ip.h"
#include "lib/policy/policy.h"

namespace mailverdict {

// The policy's check makes two of these, because a check runs at one stage: at
// kConnect it starts lookups, at kRcpt it decides.
class DnsblCheck final : public Check {
 public:
  // `options` is one of the policy's checks; `stage` is kConnect or kRcpt.
  DnsblCheck(std::shared_ptr<const Policy> policy,
             const DnsblCheckPolicy& options, Stage stage);

  FixedText name() const override { return "dnsbl"; }
  Stage stage() const override { return stage_; }
  FactSet reads() const override;
  Scope scope() const override {
    return stage_ == Stage::kRcpt ? Scope::kRecipient : Scope::kMessage;
  }
  Finding Examine(const Facts& facts, Inquiry& ask) const override;

 private:
  // One lookup in one list, for the client or for the sender's domain.
  struct Question {
    const DnsList* list;  // lives in *policy_
    DnsLookup lookup;
    bool of_sender;
  };
  // A question and its answer. `score_delta` is the score of the answer minus
  // the list's minimum (WeightRange::least).
  struct ScoredAnswer {
    const Question* question;
    const Answer* answer;
    int score_delta;
  };
  // Whether the answer's own score, not its score_delta, is above zero.
  static bool IsListing(const ScoredAnswer& answer);

  std::vector<Question> QuestionsOf(const mail::IpAddress& client,
                                    const Facts& facts) const;
  // Called when `answers` reach the threshold and have a listing. Asks again
  // with controls, and rejects if the proven answers reach the threshold, too.
  // `least` is the sum, over all questions, of their lists' minimums. The total
  // score is `least` plus all deltas.
  Finding Prove(const std::vector<ScoredAnswer>& answers, int least,
                Inquiry& ask) const;
  // Chooses the proven answers with the highest deltas, only as many as it
  // takes to reach the threshold, so that the proof rests on each of them. In
  // the result the listings come first, the heaviest listing in front. Empty if
  // all proven answers together do not reach the threshold, or if none of the
  // chosen answers is a listing.
  std::vector<ScoredAnswer> SmallestProof(std::vector<ScoredAnswer> vouched,
                                          int least) const;

  const std::shared_ptr<const Policy> policy_;
  const DnsblCheckPolicy& options_;  // lives in *policy_
  const Stage stage_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CHECKS_DNSBL_H_

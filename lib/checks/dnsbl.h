// The check `dnsbl`: are the client, or the sender's domain, on block lists?
//
// asks       all lists at once: each for the client's address and, if it is a
//            list of domains, for the sender's domain. When that is enough to
//            reject, again, with the lists' controls, and one list's TXT. At
//            connect it has the client looked up ahead, and waits for nothing
// decides    at RCPT, for that recipient, by the sum of the weights
// (dns_list.h)
//   pass     postmaster, abuse and other exceptions; a client that is not
//            known, or has no public address; a sum below the threshold
//   reject   554 5.7.1 the sum reaches the threshold, counted from answers only
//            that controls vouch for; names the list, and says its TXT
// unsure     passes: a list that is dead, slow or wrong, or that lists
//            everybody, counts nothing. An allow list counts as if it had the
//            client, unless it is vouched for that it has not
// limits     the sender's domain is not asked for if it is ours, in a realm

#ifndef MAILVERDICT_LIB_CHECKS_DNSBL_H_
#define MAILVERDICT_LIB_CHECKS_DNSBL_H_

#include <memory>
#include <vector>

#include "lib/core/check.h"
#include "lib/mail/ip.h"
#include "lib/policy/policy.h"

namespace mailverdict {

// A check has one stage, so a policy's check makes two.
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
  // Its answer, and the answer's score minus the list's minimum.
  struct Said {
    const Question* question;
    const Answer* answer;
    int score_delta;
  };
  static bool IsListing(const Said& said);

  std::vector<Question> QuestionsOf(const mail::IpAddress& client,
                                    const Facts& facts) const;
  // All that was said reaches the threshold, and one of it is a listing: is it
  // borne out? `least` is the sum of the least that they could have said.
  Finding Prove(const std::vector<Said>& said, int least, Inquiry& ask) const;
  // No more of what is vouched for than it takes to reach the threshold, so
  // that a proof rests on each; listings first, the heaviest ahead. Empty if
  // all of it does not.
  std::vector<Said> Fewest(std::vector<Said> vouched, int least) const;

  const std::shared_ptr<const Policy> policy_;
  const DnsblCheckPolicy& options_;  // lives in *policy_
  const Stage stage_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CHECKS_DNSBL_H_

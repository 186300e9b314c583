// The check `domain`: can there be mail for the domain, or from it?
//
// asks       the operator's lists, then the list that we ship; then DNS: MX,
//            then A and AAAA of its hosts until one has a public address. An
//            answer that would reject is asked for again with controls
// decides    on the sender's domain at MAIL, for the message; on the
//            recipient's domain at RCPT, for that recipient
//   pass     <>, an address without a domain, an address literal, and a text
//            that cannot be parsed as an address; a domain of a realm, whatever
//            the lists say; a domain with a host that has a public address
//   reject   (the first reply is for a sender, the second for a recipient)
//            550 5.1.8, 550 5.1.2 the domain is listed; the reply asks "did you
//            mean example.com?" if the list has a suggestion
//            550 5.7.27, 556 5.1.10 the domain has a null MX
//            550 5.1.8, 550 5.1.2 the domain is proven missing, and is learned
//            (missing_domain.h)
//   defer    451 4.1.8, 451 4.1.2 DNS says that the domain does not exist, but
//            the domain is not rejected as above; or no host of the domain has
//            a public address
// unsure     DEFER (or PASS, by policy): 451 4.4.3
// limits     docs/domains.md: what may stand in the list that we ship; when a
//            domain is learned

#ifndef MAILVERDICT_LIB_CHECKS_DOMAIN_H_
#define MAILVERDICT_LIB_CHECKS_DOMAIN_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/core/check.h"
#include "lib/mail/address.h"
#include "lib/policy/domain_list.h"
#include "lib/policy/policy.h"

namespace mailverdict {

// The check of the sender's domain or of the recipient's. The policy's check
// makes one of each, because a check runs at one stage.
class DomainCheck final : public Check {
 public:
  enum class Of { kSender, kRecipient };

  // `options` is one of the policy's checks.
  DomainCheck(std::shared_ptr<const Policy> policy,
              const DomainCheckPolicy& options, Of of);

  FixedText name() const override { return "domain"; }
  Stage stage() const override {
    return of_ == Of::kSender ? Stage::kMail : Stage::kRcpt;
  }
  FactSet reads() const override {
    if (of_ == Of::kSender) return {Fact::kClient, Fact::kSender};
    return {Fact::kClient, Fact::kSender, Fact::kRecipient, Fact::kResolved};
  }
  Scope scope() const override {
    return of_ == Of::kSender ? Scope::kMessage : Scope::kRecipient;
  }
  Finding Examine(const Facts& facts, Inquiry& ask) const override;

 private:
  struct Replies;
  const Replies& replies() const;

  bool IsOurs(const mail::Address& address, const Facts& facts) const;
  std::optional<ListEntry> FindListed(std::string_view domain) const;
  Finding JudgeByDns(const std::string& domain, const Facts& facts,
                     Inquiry& ask) const;
  Finding JudgeNullMx(const std::string& domain, const Transaction& transaction,
                      Inquiry& ask) const;
  Finding JudgeNotFound(const std::string& domain, const Facts& facts,
                        Inquiry& ask) const;
  // Adds the observation that the domain exists, which makes the history forget
  // that it was missing.
  Verdict DomainExists(Verdict verdict, const std::string& domain,
                       const Transaction& transaction) const;
  Verdict DnsUnsure(FixedText why) const;
  // Whether missing domains are learned. False if the policy has no positive
  // control of DNS, because then no domain can be proven missing.
  bool Learns() const;
  static HistoryLookup HistoryLookupOf(const std::string& domain);

  const std::shared_ptr<const Policy> policy_;
  const DomainCheckPolicy& options_;  // lives in *policy_
  const Of of_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CHECKS_DOMAIN_H_

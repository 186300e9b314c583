// The check `domain`: can there be mail for the domain, or from it?
//
// asks       nobody; reads the operator's lists, then the one we ship
// decides    the sender at MAIL, for the message; the recipient at RCPT
//   pass     <>, what has no domain, an address literal, what is no address; a
//            domain of a realm, whatever the lists say; one in no list
//   reject   550 5.1.8 the sender's domain is listed; 550 5.1.2 the
//            recipient's; with "did you mean example.com?" if the list knows
// unsure     never
// limits     docs/domains.md: what may stand in the list that we ship

#ifndef MAILVERDICT_LIB_CHECKS_DOMAIN_H_
#define MAILVERDICT_LIB_CHECKS_DOMAIN_H_

#include <memory>
#include <optional>
#include <string_view>

#include "lib/core/check.h"
#include "lib/core/domain_list.h"
#include "lib/core/policy.h"

namespace mailverdict {

// One side of it. A check has one stage, so a policy's check makes two.
class DomainCheck final : public Check {
 public:
  enum class Of { kSender, kRecipient };

  // `options` is one of the policy's checks.
  DomainCheck(std::shared_ptr<const Policy> policy,
              const DomainCheckPolicy& options, Of of);

  std::string_view name() const override { return "domain"; }
  Stage stage() const override {
    return of_ == Of::kSender ? Stage::kMail : Stage::kRcpt;
  }
  StageSet facts() const override { return {stage()}; }
  Scope scope() const override {
    return of_ == Of::kSender ? Scope::kMessage : Scope::kRecipient;
  }
  Finding Examine(const Transaction& transaction, Inquiry& ask) const override;

 private:
  std::optional<ListEntry> FindListed(std::string_view domain) const;

  const std::shared_ptr<const Policy> policy_;
  const DomainCheckPolicy& options_;  // lives in *policy_
  const Of of_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CHECKS_DOMAIN_H_

// The check `recipient`: does the mailbox exist?
//
// asks       the directory of the recipient's realm; after a "no", for what an
//            MTA may have folded to this address (unfolded.h), and what is
//            remembered of addresses that were once present
// decides    at RCPT, for that recipient
//   pass     outside the realms; postmaster, abuse and other exceptions; listed
//            in an also_valid file; a catch-all realm; present in the directory
//   reject   550 5.1.1 proven absent: the same search found the directory's
//            controls, and the address was not seen present within the grace
//            period
// unsure     DEFER (or PASS, by policy): 451 4.4.3 when the directory did not
//            answer, could not be believed, or denies an address that it had
//            lately; 451 4.1.3 when the recipient is no address
// limits     the grace period (72 hours), and how many may vanish at once (5
//            within 10 minutes): the policy's, or what an operator has set

#ifndef MAILVERDICT_LIB_CHECKS_RECIPIENT_H_
#define MAILVERDICT_LIB_CHECKS_RECIPIENT_H_

#include <memory>
#include <string_view>
#include <vector>

#include "lib/core/check.h"
#include "lib/core/overrides.h"
#include "lib/core/policy.h"
#include "lib/mail/address.h"

namespace mailverdict {

class RecipientCheck final : public Check {
 public:
  // `options` is one of the policy's checks.
  RecipientCheck(std::shared_ptr<const Policy> policy,
                 const RecipientPolicy& options, Overrides overrides);

  std::string_view name() const override { return "recipient"; }
  Stage stage() const override { return Stage::kRcpt; }
  StageSet facts() const override { return {Stage::kRcpt}; }
  Scope scope() const override { return Scope::kRecipient; }
  Finding Examine(const Transaction& transaction, Inquiry& ask) const override;

 private:
  // Valid without asking anybody, in one of its forms: why, or "" if it is not.
  std::string_view KnownValid(const std::vector<mail::Address>& forms,
                              const RealmPolicy* realm) const;
  // The directory has proven that all of `forms` are absent.
  Finding Absent(const Transaction& transaction, const RealmPolicy& realm,
                 const std::vector<mail::Address>& forms, Proof proof,
                 Inquiry& ask) const;
  // Of what is no address: is it at least clear that its domain is not ours?
  // (An emoji domain, say, which IDNA2008 does not allow.)
  bool IsForeign(std::string_view recipient) const;
  Verdict Unsure(DeferReply reply, std::string_view why) const;

  const std::shared_ptr<const Policy> policy_;
  const RecipientPolicy& options_;  // lives in *policy_
  const Overrides overrides_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CHECKS_RECIPIENT_H_

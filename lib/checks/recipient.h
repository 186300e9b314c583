// The check `recipient`: does the mailbox exist?
//
// asks       the directory of the recipient's realm. After a "no": the
//            directory again, for addresses that an MTA may have folded to this
//            one (unfolded.h), and the history, for whether the address was
//            present before. If a recipient has several readings (readings.h),
//            each of them is asked for
// decides    at RCPT, for that recipient
//   pass     when no reading is in a realm; when one reading is postmaster,
//            abuse or another exception, listed in an also_valid file, in a
//            catch-all realm, or present in the directory
//   reject   550 5.1.1 when every reading in a realm is proven absent: the same
//            search found the directory's controls, and the address was not
//            seen present within the grace period
//            553 5.1.3 when the recipient cannot be parsed as an address, and
//            the MTA reports that it found no address either
// unsure     DEFER (or PASS, by policy): 451 4.4.3 when the directory did not
//            answer, could not be believed, or lacks an address that it had
//            lately; 451 4.1.3 when the recipient is no address
// remembers  each address that was found in the directory and, in a realm with
//            a directory, each address that was found in a list. So an address
//            has the same grace period after it has left a list as after it
//            has left the directory
// limits     the grace period (72 hours) and how many addresses may vanish at
//            once (5 within 10 minutes), from the policy or set by an operator

#ifndef MAILVERDICT_LIB_CHECKS_RECIPIENT_H_
#define MAILVERDICT_LIB_CHECKS_RECIPIENT_H_

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "lib/checks/exceptions.h"
#include "lib/core/check.h"
#include "lib/mail/address.h"
#include "lib/policy/overrides.h"
#include "lib/policy/policy.h"

namespace mailverdict {

class RecipientCheck final : public Check {
 public:
  // `options` is one of the policy's checks.
  RecipientCheck(std::shared_ptr<const Policy> policy,
                 const RecipientPolicy& options, Overrides overrides);

  FixedText name() const override { return "recipient"; }
  Stage stage() const override { return Stage::kRcpt; }
  FactSet reads() const override { return {Fact::kRecipient, Fact::kResolved}; }
  Scope scope() const override { return Scope::kRecipient; }
  Finding Examine(const Facts& facts, Inquiry& ask) const override;

 private:
  // The result for one reading that is in a realm.
  class Reading;
  // An address in a realm.
  struct RealmAddress {
    const mail::Address& address;
    const RealmPolicy& realm;
    bool all_forms = true;  // whether `forms` are complete
    std::vector<mail::Address> forms = FormsOf(address, &realm, &all_forms);
  };

  // Returns a pass if a form of the address is valid without a lookup. Returns
  // nullopt if the directory has to be asked.
  std::optional<Verdict> PassWithoutLookup(
      const RealmAddress& recipient, const Transaction& transaction) const;
  // Returns the pass of a form that is on a list. The history remembers the
  // form as if it had been found in the realm's directory. So it has the same
  // grace period when it has left the list.
  Verdict PassListed(const mail::Address& form, const RealmPolicy& realm,
                     const Transaction& transaction, FixedText why) const;
  Reading ReadingOf(const RealmAddress& recipient,
                    const Transaction& transaction, Inquiry& ask) const;
  // Called when the directory has proven that all forms of the address are
  // absent. Asks the history whether this can be believed.
  Reading JudgeAbsence(const RealmAddress& recipient,
                       const Transaction& transaction, Proof proof,
                       Inquiry& ask) const;
  // The verdict if no reading is in a realm.
  Verdict JudgeForeign(const Readings& readings,
                       const Transaction& transaction) const;
  // Whether a recipient that is no address has a domain that is clearly not
  // ours, such as an emoji domain, which IDNA2008 does not allow.
  bool IsForeign(std::string_view recipient) const;

  const std::shared_ptr<const Policy> policy_;
  const RecipientPolicy& options_;  // lives in *policy_
  const Overrides overrides_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CHECKS_RECIPIENT_H_

// The check `recipient`: does the mailbox exist?
//
// asks       the directory of the recipient's realm; after a "no", for what an
//            MTA may have folded to this address (unfolded.h), and what is
//            remembered of addresses that were once present. A recipient that
//            can be read in several ways (readings.h) is asked for in each.
// decides    at RCPT, for that recipient
//   pass     when no reading is in a realm; when one reading is postmaster,
//            abuse or another exception, listed in an also_valid file, in a
//            catch-all realm, or present in the directory
//   reject   550 5.1.1 when every reading in a realm is proven absent: the same
//            search found the directory's controls, and the address was not
//            seen present within the grace period
//            553 5.1.3 when the recipient is no address, and the MTA says that
//            it resolved it to nothing
// unsure     DEFER (or PASS, by policy): 451 4.4.3 when the directory did not
//            answer, could not be believed, or denies an address that it had
//            lately; 451 4.1.3 when the recipient is no address
// remembers  each address that was found in the directory, or in a list of a
//            realm that has one: an address that has left a list has the same
//            grace period as one that has left the directory
// limits     the grace period (72 hours), and how many may vanish at once (5
//            within 10 minutes): the policy's, or what an operator has set

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
  // What one reading in a realm leads to.
  class Reading;
  // An address in a realm.
  struct Ours {
    const mail::Address& address;
    const RealmPolicy& realm;
    bool all_forms = true;  // whether `forms` are complete
    std::vector<mail::Address> forms = FormsOf(address, &realm, &all_forms);
  };

  // The pass of an address that is valid, in one of its forms, without asking;
  // nullopt if the directory has to be asked.
  std::optional<Verdict> ValidUnasked(const Ours& ours,
                                      const Transaction& transaction) const;
  // The pass of a form that a list has. It is remembered as one that was found
  // in the realm's directory: when the list no longer has it, it has the same
  // grace period.
  Verdict Listed(const mail::Address& form, const RealmPolicy& realm,
                 const Transaction& transaction, FixedText why) const;
  Reading ReadingOf(const Ours& ours, const Transaction& transaction,
                    Inquiry& ask) const;
  // The directory has proven that all forms of `ours` are absent.
  Reading Absent(const Ours& ours, const Transaction& transaction, Proof proof,
                 Inquiry& ask) const;
  // No reading is in a realm.
  Verdict NotOurs(const Readings& readings,
                  const Transaction& transaction) const;
  // Whether it is at least clear that the domain of what is no address is not
  // ours: an emoji domain, which IDNA2008 does not allow.
  bool IsForeign(std::string_view recipient) const;

  const std::shared_ptr<const Policy> policy_;
  const RecipientPolicy& options_;  // lives in *policy_
  const Overrides overrides_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CHECKS_RECIPIENT_H_

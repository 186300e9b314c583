// Part of the check `recipient`. An MTA may fold the case of an address
// (lib/mail/folding.h), so "gross" may arrive where the sender wrote "groß".
// This file finds the mailbox that the sender meant.
//
// asks       nothing, unless folding can have made the address. The check comes
//            here once the directory has proven the address absent. First the
//            history: does the directory have local parts beyond ASCII? (This
//            is not asked if the realm says smtputf8.) If so, the directory:
//            every address that folds to this one
// decides    present, absent with a proof that cites these answers, or unsure

#ifndef MAILVERDICT_LIB_CHECKS_UNFOLDED_H_
#define MAILVERDICT_LIB_CHECKS_UNFOLDED_H_

#include <string>
#include <vector>

#include "lib/core/check.h"
#include "lib/core/verdict.h"
#include "lib/mail/address.h"
#include "lib/policy/policy.h"

namespace mailverdict {

struct Unfolded {
  enum class State {
    kPending,  // an answer is still missing
    kPresent,  // an address that folds to this one is present: `mailbox`
    kUnsure,   // `why` says what is not known
    kAbsent,   // no address that folds to this one is present
  };
  State state = State::kAbsent;
  FixedText why;
  const Answer* mailbox = nullptr;  // kPresent; lives as long as the evidence
};

// REQUIRES: `proof` proves that the address is absent. If the result is
// kAbsent, `*proof` also cites the answers that were needed here.
Unfolded AskUnfolded(const mail::Address& address, const RealmPolicy& realm,
                     Inquiry& ask, Proof* proof);

// Returns the history lookup under which to record that the directory has local
// parts beyond ASCII. Empty if the local part that `mailbox` found is ASCII.
// `asked` is the address as it came, for an answer that does not show the
// spelling that matched. REQUIRES: mailbox.present().
std::vector<HistoryLookup> BeyondAsciiRecords(const Answer& mailbox,
                                              const mail::Address& asked,
                                              const RealmPolicy& realm);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CHECKS_UNFOLDED_H_

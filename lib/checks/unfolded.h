// Part of the check `recipient`: the mailbox that was meant before an MTA
// folded the case of its address (lib/mail/folding.h): "groß" may come as
// "gross".
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
    kPresent,  // `mailbox` is the answer that found one
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

// If the local part of `mailbox`, which is present, is beyond ASCII: returns
// the history's record that its directory has such local parts. Otherwise
// returns nothing. `asked` is the address as it came.
std::vector<HistoryLookup> BeyondAsciiRecords(const Answer& mailbox,
                                              const mail::Address& asked,
                                              const RealmPolicy& realm);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CHECKS_UNFOLDED_H_

// Part of the check `recipient`: the mailbox that an MTA may have meant before
// it folded the case of the address (lib/mail/folding.h).
//
// asks       once the directory has proven that the address is absent, and only
//            if folding can have made it: the memory, whether the directory
//            has local parts beyond ASCII (unless the realm says smtputf8);
//            and if so, the directory for every address that folds to this one
// decides    present, absent with a proof that cites both questions, or unsure

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
    kPresent,  // `mailbox` is
    kUnsure,   // `why` says what is not known
    kAbsent,   // so is every address that folds to this one, or none does
  };
  State state = State::kAbsent;
  FixedText why;
  const Answer* mailbox = nullptr;  // kPresent; lives as long as the evidence
};

// REQUIRES: `proof` is that the address is absent. kAbsent adds to it what was
// asked here.
Unfolded AskUnfolded(const mail::Address& address, const RealmPolicy& realm,
                     Inquiry& ask, Proof* proof);

// What `mailbox`, which is present, teaches of its directory: that it has local
// parts beyond ASCII. Empty if it does not. `asked`: the address as it came.
std::vector<HistoryLookup> BeyondAsciiSeen(const Answer& mailbox,
                                           const mail::Address& asked,
                                           const RealmPolicy& realm);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CHECKS_UNFOLDED_H_

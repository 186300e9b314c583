// Writes verdicts in the words of each protocol. No other code turns a Verdict
// into bytes for an MTA.
//
//              pass       defer                     reject
//   sendmail   OK pass    OK defer:4.3:"text"       OK reject:1.1:550:"text"
//   postfix    OK pass    TEMP 4.4.3 text           NOTFOUND
//   access     OK DUNNO   OK 451 4.4.3 text         OK 550 5.1.8 text
//   absence    OK pass why OK unsure why            OK proven why
//   milter     CONTINUE   TEMPFAIL 451 4.4.3 text   REJECT 550 5.1.1 text
//
// mailverdict.m4 turns every unknown word, and every status but OK, into a 451.
// NOTFOUND is not used with sendmail, whose rules cannot tell it from a broken
// map. Only a rejection, which always has a proof, is written as `reject`,
// NOTFOUND, 5NN, `proven` or REJECT.

#ifndef MAILVERDICT_ADAPTERS_WIRE_WIRE_H_
#define MAILVERDICT_ADAPTERS_WIRE_WIRE_H_

#include <cstddef>
#include <string>

#include "lib/core/verdict.h"

namespace mailverdict {

// For sendmail's maps `rcpt`, `mail` and `client`: the status is always OK, and
// the value says what to do (mailverdict.m4). The text is in quotes, since
// sendmail would drop the blanks beside its operators.
std::string SendmailMapReply(const Verdict& verdict);

// For a Postfix table, socketmap_table(5): the key is present, cannot be looked
// up, or is absent. Some clients need the space after NOTFOUND.
std::string PostfixMapReply(const Verdict& verdict);

// For Postfix's check_sender_access, access(5): the value says what to do.
std::string PostfixAccessReply(const Verdict& verdict);

// For the map `absence` of mailverdict-deliver, which asks whether a mailbox
// server's "user unknown" may stand. Only a rejection with 5.1.1 is `proven`:
// any other rejection says nothing about whether the mailbox exists. A pass
// says nothing about it either, since the domain may be in no realm, or a check
// may be in shadow.
//
// After the word comes the verdict's line, cut to kMaxAbsenceWhy bytes. A pass
// that has no reason gets one here. A client acts on the first word only, and
// takes an unknown word as `unsure`.
inline constexpr size_t kMaxAbsenceWhy = 1000;
std::string AbsenceMapReply(const Verdict& verdict);

// The return value of a milter's callback and the reply that goes with it. Both
// are made from one verdict: if a REJECT came with a 4xx reply, sendmail would
// send a 5xx of its own.
struct MilterReply {
  enum class Action { kContinue, kTempfail, kReject };
  Action action = Action::kContinue;
  // Empty for kContinue. Otherwise "451", "4.4.3", and a text without '%', CR
  // and LF.
  std::string code;
  std::string enhanced;
  std::string text;
};
MilterReply MilterReplyOf(const Verdict& verdict);

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_WIRE_WIRE_H_

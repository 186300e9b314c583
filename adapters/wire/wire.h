// Verdicts in the words of each protocol. This is the only way from a Verdict
// to bytes.
//
//              pass       defer                     reject
//   sendmail   OK pass    OK defer:4.3:"text"       OK reject:1.1:550:"text"
//   postfix    OK pass    TEMP 4.4.3 text           NOTFOUND
//   access     OK DUNNO   OK 451 4.4.3 text         OK 550 5.1.8 text
//   absence    OK pass why OK unsure why            OK proven why
//   milter     CONTINUE   TEMPFAIL 451 4.4.3 text   REJECT 550 5.1.1 text
//
// sendmail's rules make every unknown word, and every status but OK, a 451; its
// own "not found" can never be told from a broken backend, so it is never used.
// Only a rejection, which has its proof, is written as `reject`, NOTFOUND, 5NN,
// `proven` or REJECT.

#ifndef MAILVERDICT_ADAPTERS_WIRE_WIRE_H_
#define MAILVERDICT_ADAPTERS_WIRE_WIRE_H_

#include <cstddef>
#include <string>

#include "lib/core/verdict.h"

namespace mailverdict {

// The in-band words of the sendmail map `rcpt`, as mailverdict.m4 reads them.
// Text is in quotes, or sendmail would drop the blanks beside its operators.
std::string SendmailMapReply(const Verdict& verdict);

// socketmap_table(5) for Postfix: a key that is present, in doubt, or absent.
// The space after NOTFOUND is wanted by some clients.
std::string PostfixMapReply(const Verdict& verdict);

// access(5) for Postfix, the restriction check_sender_access: what to do.
std::string PostfixAccessReply(const Verdict& verdict);

// The map `absence`, for mailverdict-deliver: may a mailbox server's "user
// unknown" stand? Only a rejection with 5.1.1 is `proven`; any other rejection
// says nothing about whether the mailbox exists. Nor does a pass: the domain
// may be in no realm, or a check in shadow. So the verdict's line follows the
// word, for a pass without a reason with one of ours, cut to kMaxAbsenceWhy
// bytes. A client acts on the first word only, and takes a word that it does
// not know as `unsure`.
inline constexpr size_t kMaxAbsenceWhy = 1000;
std::string AbsenceMapReply(const Verdict& verdict);

// What a milter returns, and the reply that goes with it. They come from one
// verdict together: a REJECT with a 4xx reply would become a 5xx of sendmail's
// own.
struct MilterReply {
  enum class Action { kContinue, kTempfail, kReject };
  Action action = Action::kContinue;
  // Empty for kContinue. Else as "451", "4.4.3", and a text without '%', CR
  // and LF.
  std::string code;
  std::string enhanced;
  std::string text;
};
MilterReply MilterReplyOf(const Verdict& verdict);

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_WIRE_WIRE_H_

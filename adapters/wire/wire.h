// What a verdict becomes in the words of each protocol. The one table: no
// adapter has another way from a Verdict to bytes.
//
//              pass       defer                     reject
//   sendmail   OK pass    OK defer:4.3:"text"       OK reject:1.1:550:"text"
//   postfix    OK pass    TEMP 4.4.3 text           NOTFOUND
//
// sendmail's rules make every unknown word, and every status but OK, a 451; its
// own "not found" can never be told from a broken backend, so it is never used.
// Only a rejection, which has its proof, is written as `reject` or NOTFOUND.

#ifndef MAILVERDICT_ADAPTERS_WIRE_WIRE_H_
#define MAILVERDICT_ADAPTERS_WIRE_WIRE_H_

#include <cstddef>
#include <string>

#include "lib/core/verdict.h"

namespace mailverdict {

// sendmail's tokeniser answers 553 by itself for a token of 256 bytes.
inline constexpr size_t kMaxReplyText = 200;

// The in-band words of the sendmail map `rcpt`, as mailverdict.m4 reads them.
// Text is in quotes, or sendmail would drop the blanks beside its operators.
std::string SendmailMapReply(const Verdict& verdict);

// socketmap_table(5) for Postfix: a key that is present, in doubt, or absent.
// The space after NOTFOUND is wanted by some clients.
std::string PostfixMapReply(const Verdict& verdict);

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_WIRE_WIRE_H_

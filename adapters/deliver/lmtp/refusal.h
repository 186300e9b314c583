// Decides which permanent replies (5xx) of a mailbox server may reach the MTA,
// and which become temporary.
//
// A server that has lost its database refuses mail with the same replies as a
// healthy one. So a 5xx passes in three cases only:
//   - it concerns the message, its sender, or a mailbox that exists: too big,
//     over quota, refused by a rule;
//   - it may mean that the recipient does not exist, and this is proven;
//   - the operator has listed its code (--pass-code).
// Every other 5xx becomes a 4xx. docs/local_delivery.md has the table. Pure.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_LMTP_REFUSAL_H_
#define MAILVERDICT_ADAPTERS_DELIVER_LMTP_REFUSAL_H_

#include <string>
#include <string_view>
#include <vector>

namespace mailverdict::deliver {

// What the reply answers.
enum class LmtpStep {
  kSession,  // LHLO, RSET, NOOP, AUTH and so on; or an unknown command
  kMail,
  kRcpt,
  kData,     // the command DATA, or a BDAT without LAST
  kMessage,  // one recipient's reply after the message
};

// What to do with a 5xx.
enum class Refusal {
  kStands,      // pass it as it is
  kNeedsProof,  // pass it if the recipient is proven not to exist
  kTemporary,   // make it a 4xx
};

// The operator's lists of reply codes ("552") and enhanced codes ("5.2.1").
struct RefusalCodes {
  std::vector<std::string> unknown;  // --defer-code: they mean "user unknown"
  std::vector<std::string> pass;     // --pass-code: they refuse the message
};

// REQUIRES: `reply` is a whole reply (reply.h) and its code is a 5xx.
Refusal ClassifyRefusal(LmtpStep step, std::string_view reply,
                        const RefusalCodes& codes);

// Whether a reply's text says that a user does not exist: "User unknown", "no
// such mailbox", "<jane@example.org> not found", "relaying denied" (the server
// does not know the domain). Knows English only; false for any other language.
bool TextSaysUserUnknown(std::string_view text);

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_LMTP_REFUSAL_H_

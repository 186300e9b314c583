// Which replies may answer which command. Both MTAs take any other reply for a
// broken milter.
//
//   if (HasAnswer(LetterOf(command), agreement)) ...
//   absl::StatusOr<std::string> bytes =
//       JoinAnswer(CommandLetter::kEndOfMessage, agreement,
//                  {added_field, ReplyPacket::Continue()});

#ifndef MAILVERDICT_ADAPTERS_MILTER_CODEC_ANSWER_H_
#define MAILVERDICT_ADAPTERS_MILTER_CODEC_ANSWER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "adapters/milter/codec/negotiation.h"
#include "adapters/milter/codec/protocol.h"
#include "adapters/milter/codec/reply_packet.h"

namespace mailverdict::milter {

// Whether the MTA waits for an answer. It does not after macros, Abort and both
// kinds of Quit, nor where a silent step was agreed on.
bool HasAnswer(CommandLetter command, const Agreement& agreement);

// Whether this reply may be sent as the answer to `command`, or as a part of
// it. Progress, the edits and the quarantine are for the end of the message
// only: sendmail takes them for a bogus response elsewhere, and Postfix would
// hear nothing more after a quarantine. An edit must have been agreed on. Skip
// is for the body; Discard is not for connect and HELO (Postfix ignores it).
bool MayAnswer(ReplyLetter reply, CommandLetter command,
               const Agreement& agreement);

// The bytes of a whole answer. The last reply decides; there are others before
// it only at the end of the message. An InvalidArgument status if the MTA would
// refuse the answer. REQUIRES: HasAnswer, and the command is not kNegotiate.
absl::StatusOr<std::string> JoinAnswer(CommandLetter command,
                                       const Agreement& agreement,
                                       const std::vector<ReplyPacket>& replies);

}  // namespace mailverdict::milter

#endif  // MAILVERDICT_ADAPTERS_MILTER_CODEC_ANSWER_H_

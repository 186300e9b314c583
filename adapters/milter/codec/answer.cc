#include "adapters/milter/codec/answer.h"

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"

namespace mailverdict::milter {
namespace {

// Whether the MTA waits for another reply behind this one.
bool IsDecision(ReplyLetter reply) {
  switch (reply) {
    case ReplyLetter::kAddField:
    case ReplyLetter::kInsertField:
    case ReplyLetter::kChangeField:
    case ReplyLetter::kProgress:
    case ReplyLetter::kQuarantine:
      return false;
    case ReplyLetter::kAccept:
    case ReplyLetter::kContinue:
    case ReplyLetter::kDiscard:
    case ReplyLetter::kReject:
    case ReplyLetter::kSkip:
    case ReplyLetter::kTempfail:
    case ReplyLetter::kCode:
      break;
  }
  return true;
}

// The step by which the MTA does not wait for the answer to a command.
uint32_t SilentStep(CommandLetter command) {
  switch (command) {
    case CommandLetter::kConnect:
      return step::kSilentConnect;
    case CommandLetter::kHelo:
      return step::kSilentHelo;
    case CommandLetter::kMail:
      return step::kSilentMail;
    case CommandLetter::kRcpt:
      return step::kSilentRcpt;
    case CommandLetter::kData:
      return step::kSilentData;
    case CommandLetter::kUnknown:
      return step::kSilentUnknown;
    case CommandLetter::kHeader:
      return step::kSilentHeader;
    case CommandLetter::kEndOfHeader:
      return step::kSilentEndOfHeader;
    case CommandLetter::kBody:
      return step::kSilentBody;
    default:
      return 0;
  }
}

}  // namespace

bool HasAnswer(CommandLetter command, const Agreement& agreement) {
  switch (command) {
    case CommandLetter::kMacros:
    case CommandLetter::kAbort:
    case CommandLetter::kQuit:
    case CommandLetter::kQuitForNew:
      return false;
    default:
      return !agreement.has(SilentStep(command));
  }
}

bool MayAnswer(ReplyLetter reply, CommandLetter command,
               const Agreement& agreement) {
  const bool at_end = command == CommandLetter::kEndOfMessage;
  switch (reply) {
    case ReplyLetter::kContinue:
    case ReplyLetter::kAccept:
    case ReplyLetter::kReject:
    case ReplyLetter::kTempfail:
    case ReplyLetter::kCode:
      return true;
    case ReplyLetter::kDiscard:
      return command != CommandLetter::kConnect &&
             command != CommandLetter::kHelo;
    case ReplyLetter::kSkip:
      return command == CommandLetter::kBody && agreement.has(step::kSkip);
    case ReplyLetter::kProgress:
      return at_end;
    case ReplyLetter::kAddField:
    case ReplyLetter::kInsertField:
      return at_end && agreement.may(action::kAddFields);
    case ReplyLetter::kChangeField:
      return at_end && agreement.may(action::kChangeFields);
    case ReplyLetter::kQuarantine:
      return at_end && agreement.may(action::kQuarantine);
  }
  return false;
}

absl::StatusOr<std::string> JoinAnswer(
    CommandLetter command, const Agreement& agreement,
    const std::vector<ReplyPacket>& replies) {
  std::string bytes;
  for (size_t i = 0; i < replies.size(); ++i) {
    const ReplyLetter letter = replies[i].letter();
    if (!MayAnswer(letter, command, agreement)) {
      return absl::InvalidArgumentError(
          "milter answer: the MTA does not take this reply here");
    }
    if (IsDecision(letter) != (i + 1 == replies.size())) {
      return absl::InvalidArgumentError(
          "milter answer: exactly the last reply must decide");
    }
    bytes += replies[i].bytes();
  }
  if (bytes.empty()) {
    return absl::InvalidArgumentError("milter answer: no reply");
  }
  return bytes;
}

}  // namespace mailverdict::milter

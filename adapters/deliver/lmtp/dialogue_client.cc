// The client's half of LmtpDialogue: forwards the client's bytes to the backend
// and notes which replies to expect.

#include <algorithm>
#include <utility>

#include "adapters/deliver/lmtp/dialogue.h"

namespace mailverdict::deliver {

bool LmtpDialogue::AdvanceClient() {
  if (from_client_.empty()) return false;
  switch (state_) {
    case State::kCommand:
      return ForwardLine();
    case State::kAwaitingReply:
      return false;
    case State::kMessage:
      return ForwardMessage();
    case State::kChunk:
      return ForwardChunk();
    case State::kAuthLine:
      return ForwardAuthLine();
    case State::kBlind:
      return Forward(from_client_.size()) > 0;
  }
  return false;
}

// Forwards as much of `count` bytes as to_backend_ has room for, and returns
// how much that was.
size_t LmtpDialogue::Forward(size_t count) {
  const size_t room = options_.buffer_bytes -
                      std::min(options_.buffer_bytes, to_backend_.size());
  const size_t passed = std::min(count, room);
  to_backend_.Append(from_client_.view().substr(0, passed));
  from_client_.Drop(passed);
  return passed;
}

bool LmtpDialogue::ForwardLine() {
  const size_t longest = std::min(kMaxCommandBytes, options_.buffer_bytes);
  const std::string_view bytes = from_client_.view().substr(0, longest);
  const size_t end = bytes.find('\n');
  if (end == bytes.npos) {
    if (bytes.size() == longest) GoBlind();
    return bytes.size() == longest;
  }
  const std::string_view line = bytes.substr(0, end + 1);
  // A command is forwarded whole or not at all: a client that dies within it
  // must not leave half a command behind.
  if (to_backend_.size() + line.size() > options_.buffer_bytes ||
      expected_.size() >= kMaxOutstanding) {
    return false;
  }
  const std::optional<LmtpCommand> command = ParseCommand(line);
  if (!command.has_value()) {
    GoBlind();
  } else if (command->verb == Verb::kStartTls) {
    expected_.push_back({Kind::kStartTls, ""});
    from_client_.Drop(line.size());
  } else {
    Expect(*command);
    if (!done_) Forward(line.size());
  }
  return true;
}

// Notes the replies that this command will have.
void LmtpDialogue::Expect(const LmtpCommand& command) {
  switch (command.verb) {
    case Verb::kHello:
      expected_.push_back({Kind::kHello, ""});
      break;
    case Verb::kMail:
      expected_.push_back({Kind::kMail, ""});
      break;
    case Verb::kRcpt:
      expected_.push_back({Kind::kRcpt, RecipientOf(command.argument)});
      break;
    case Verb::kData:
      expected_.push_back({Kind::kData, ""});
      state_ = State::kAwaitingReply;  // a message after 354, else commands
      break;
    case Verb::kAuth:
      expected_.push_back({Kind::kAuth, ""});
      state_ = State::kAwaitingReply;
      break;
    case Verb::kBdat:
      ExpectChunk(command.argument);
      break;
    case Verb::kRset:
      expected_.push_back({Kind::kReset, ""});
      break;
    case Verb::kXclient:
      expected_.push_back({Kind::kXclient, ""});
      break;
    case Verb::kQuit:
      expected_.push_back({Kind::kQuit, ""});
      break;
    case Verb::kOneReply:
      expected_.push_back({Kind::kOther, ""});
      break;
    case Verb::kStartTls:  // never gets here: see ForwardLine
    case Verb::kUnknown:
      GoBlind();
      break;
  }
}

void LmtpDialogue::ExpectChunk(std::string_view argument) {
  const std::optional<Chunk> chunk = ParseChunk(argument);
  if (!chunk.has_value()) return GoBlind();
  expected_.push_back({chunk->last ? Kind::kLastChunk : Kind::kChunk, ""});
  chunk_left_ = chunk->bytes;
  if (chunk_left_ > 0) state_ = State::kChunk;
}

bool LmtpDialogue::ForwardMessage() {
  const size_t room = options_.buffer_bytes -
                      std::min(options_.buffer_bytes, to_backend_.size());
  const std::string_view bytes = from_client_.view().substr(0, room);
  if (bytes.empty()) return false;
  size_t length = bytes.size();
  const MessageEnd::Result result = message_.Scan(bytes, &length);
  Forward(length);
  if (result == MessageEnd::Result::kUnclear) GoBlind();
  if (result == MessageEnd::Result::kEnd) {
    state_ = State::kCommand;
    ExpectRecipients(expected_.end());
  }
  return true;
}

// The message has ended, and the transaction with it. Expects one reply for
// each accepted recipient, duplicates included (RFC 2033 4.2), in front of
// `before`.
void LmtpDialogue::ExpectRecipients(std::deque<Expected>::iterator before) {
  const Transaction ended = std::exchange(transaction_, Transaction());
  std::deque<Expected> replies;
  for (const std::string& recipient : ended.accepted) {
    replies.push_back({Kind::kRecipient, recipient});
  }
  expected_.insert(before, replies.begin(), replies.end());
}

bool LmtpDialogue::ForwardChunk() {
  const size_t passed =
      Forward(std::min<uint64_t>(chunk_left_, from_client_.size()));
  chunk_left_ -= passed;
  if (chunk_left_ == 0) state_ = State::kCommand;
  return passed > 0;
}

// A line within AUTH (RFC 4954 4). It may be of any length, as a ticket of
// GSSAPI is, so it is forwarded in parts.
bool LmtpDialogue::ForwardAuthLine() {
  const std::string_view bytes = from_client_.view();
  const size_t end = std::min(bytes.find('\n'), bytes.size() - 1);
  const bool whole = bytes[end] == '\n';
  const size_t passed = Forward(end + 1);
  if (whole && passed == end + 1) {
    expected_.push_back({Kind::kAuth, ""});
    state_ = State::kAwaitingReply;
  }
  return passed > 0;
}

}  // namespace mailverdict::deliver

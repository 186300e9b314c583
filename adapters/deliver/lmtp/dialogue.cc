#include "adapters/deliver/lmtp/dialogue.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mailverdict::deliver {
namespace {

// RFC 3207 4. Never a 5xx: a client that must have TLS would bounce.
constexpr char kStartTlsRefused[] = "454 4.7.0 TLS is not available here\r\n";
// How much of a server's reply our 421 repeats: a reply line has 512 bytes (RFC
// 5321 4.5.3.1.5).
constexpr size_t kRepeatedBytes = 300;

// The backend's reply as text within a reply of ours: one line of printable
// ASCII.
std::string AsReplyText(const std::string& reply) {
  std::string line = OneLine(reply).substr(0, kRepeatedBytes);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return line;
}

}  // namespace

LmtpDialogue::LmtpDialogue(LmtpOptions options) : options_(std::move(options)) {
  expected_.push_back({Kind::kGreeting, ""});
}

// --- Bytes in and out ---

size_t LmtpDialogue::ClientRoom() const {
  return done_ || client_closed_ ? 0
                                 : options_.buffer_bytes - from_client_.size();
}

void LmtpDialogue::FromClient(std::string_view bytes) {
  from_client_.Append(bytes);
  Advance();
}

void LmtpDialogue::ClientClosed() {
  client_closed_ = true;
  Advance();
}

size_t LmtpDialogue::BackendRoom() const {
  return done_ || backend_closed_
             ? 0
             : options_.buffer_bytes - from_backend_.size();
}

void LmtpDialogue::FromBackend(std::string_view bytes) {
  from_backend_.Append(bytes);
  Advance();
}

void LmtpDialogue::BackendClosed() {
  backend_closed_ = true;
  Advance();
}

void LmtpDialogue::SentToClient(size_t count) {
  to_client_.Drop(count);
  Advance();
}

void LmtpDialogue::SentToBackend(size_t count) {
  to_backend_.Drop(count);
  Advance();
}

void LmtpDialogue::Answer(bool proven_absent) {
  const LmtpQuestion question = *std::move(question_);
  question_.reset();
  const bool stands =
      proven_absent && question.stands_if_absent && !question.recipient.empty();
  to_client_.Append(stands ? question.reply : Softened(question.reply));
  Advance();
}

void LmtpDialogue::Fail(std::string_view why) {
  End(absl::StrCat("421 4.3.0 ", absl::string_view(why.data(), why.size())));
}

void LmtpDialogue::Stop() {
  stopping_ = true;
  Advance();
}

bool LmtpDialogue::waits_for_backend() const {
  return !expected_.empty() || !to_backend_.empty();
}

// --- Steps ---

// Each input may free several steps, in either direction: a reply releases held
// commands, room in one buffer lets the other side go on.
void LmtpDialogue::Advance() {
  while (!done_ && (RefuseStartTls() || AdvanceClient() || AdvanceBackend())) {
  }
  if (done_) return;
  if (stopping_ && idle()) {
    if (said_goodbye_) {
      done_ = true;
    } else {
      End("421 4.3.2 shutting down");
    }
  }
  if (ClientIsFinished()) done_ = true;
}

void LmtpDialogue::End(std::string_view line) {
  if (done_) return;
  done_ = true;
  failure_ = line;
  to_client_.Append(failure_);
  to_client_.Append("\r\n");
  // The client hears 421 and keeps the message, so the backend must not get the
  // rest of it; and no reply may follow the 421, the open question's neither.
  to_backend_.Clear();
  question_.reset();
}

bool LmtpDialogue::idle() const {
  return state_ == State::kCommand && !transaction_.open && expected_.empty() &&
         from_client_.empty() && to_backend_.empty() && from_backend_.empty() &&
         !question_.has_value();
}

// REQUIRES: no step is left to take.
bool LmtpDialogue::ClientIsFinished() const {
  if (!client_closed_ || question_.has_value()) return false;
  if (state_ == State::kMessage || state_ == State::kChunk) {
    // The rest of the message will never come, and we must not complete it: the
    // backend has to see a torn message.
    return from_client_.empty();
  }
  return expected_.empty() && to_backend_.empty();
}

// The expected replies are forgotten, so the place of a 454 of ours among them
// would be lost: in that case the dialogue ends.
void LmtpDialogue::GoBlind() {
  for (const Expected& expected : expected_) {
    if (expected.kind == Kind::kStartTls) return Fail("protocol error");
  }
  state_ = State::kBlind;
  expected_.clear();
  transaction_ = Transaction();
}

// --- The backend ---

// Our 454 is sent in its turn: when the replies before it have passed.
bool LmtpDialogue::RefuseStartTls() {
  if (expected_.empty() || expected_.front().kind != Kind::kStartTls ||
      question_.has_value() || to_client_.size() >= options_.buffer_bytes) {
    return false;
  }
  expected_.pop_front();
  to_client_.Append(kStartTlsRefused);
  return true;
}

bool LmtpDialogue::AdvanceBackend() {
  if (question_.has_value()) return false;
  if (to_client_.size() >= options_.buffer_bytes) return false;
  size_t length = 0;
  switch (replies_.Next(from_backend_.view(), &length)) {
    case ReplyReader::Result::kOne: {
      const std::string reply(from_backend_.view().substr(0, length));
      from_backend_.Drop(length);
      OnReply(reply);
      return true;
    }
    case ReplyReader::Result::kMalformed:
      Fail("the mailbox server's reply is malformed");
      break;
    case ReplyReader::Result::kMore:
      if (from_backend_.size() >= options_.buffer_bytes) {
        Fail("the mailbox server's reply is too long");
      } else if (backend_closed_ && said_goodbye_) {
        done_ = true;  // the client has heard the backend's own 221 or 421
      } else if (backend_closed_) {
        Fail("the mailbox server closed the connection");
      }
      break;
  }
  return false;
}

void LmtpDialogue::OnReply(const std::string& reply) {
  const std::string_view code = ReplyCode(reply);
  const Fit fit = state_ == State::kBlind ? Fit::kUnclear : FitOf(code);
  // Of the last reply only: a backend that goes on after a 421 and then breaks
  // off has not said goodbye.
  said_goodbye_ =
      code == "421" ||
      (code == "221" && (fit == Fit::kDue || state_ == State::kBlind));
  switch (fit) {
    case Fit::kDue: {
      Expected expected{Kind::kOther, ""};  // for a 421 without a command
      if (!expected_.empty()) {
        expected = std::move(expected_.front());
        expected_.pop_front();
      }
      UpdateState(expected, code);
      return OnDueReply(expected, reply);
    }
    case Fit::kUnclear:
      GoBlind();
      if (!done_) OnDueReply({Kind::kUnclear, ""}, reply);
      return;
    case Fit::kRefusesSession:
      return End("421 4.3.0 the mailbox server refuses the session: " +
                 AsReplyText(reply));
    case Fit::kWrong:
      return End("421 4.3.0 the mailbox server is out of step: " +
                 AsReplyText(reply));
  }
}

void LmtpDialogue::OnDueReply(const Expected& expected,
                              const std::string& reply) {
  if (reply[0] == '5') {
    const Refusal refusal =
        ClassifyRefusal(StepOf(expected.kind), reply, options_.codes);
    if (refusal != Refusal::kStands) {
      question_ =
          LmtpQuestion{refusal == Refusal::kNeedsProof, NameOf(expected.kind),
                       expected.recipient, reply};
      return;
    }
  }
  if (reply[0] == '4') {
    to_client_.Append(Softened(reply));
  } else if (expected.kind == Kind::kHello) {
    to_client_.Append(WithoutStartTls(reply));
  } else {
    to_client_.Append(reply);
  }
}

LmtpStep LmtpDialogue::StepOf(Kind kind) {
  switch (kind) {
    case Kind::kMail:
      return LmtpStep::kMail;
    case Kind::kRcpt:
      return LmtpStep::kRcpt;
    case Kind::kData:
    case Kind::kChunk:
      return LmtpStep::kData;
    case Kind::kRecipient:
      return LmtpStep::kMessage;
    default:
      return LmtpStep::kSession;
  }
}

std::string_view LmtpDialogue::NameOf(Kind kind) {
  switch (kind) {
    case Kind::kMail:
      return "MAIL";
    case Kind::kRcpt:
      return "RCPT";
    case Kind::kData:
      return "DATA";
    case Kind::kChunk:
      return "BDAT";
    case Kind::kRecipient:
      return "the message";
    case Kind::kUnclear:
      return "an unknown command";
    default:
      return "another command";
  }
}

LmtpDialogue::Fit LmtpDialogue::FitOf(std::string_view code) {
  // A server may close the session at any time (RFC 5321 3.8).
  if (code == "421") return Fit::kDue;
  if (expected_.empty()) return Fit::kWrong;
  const Kind kind = expected_.front().kind;
  if (code[0] == '3') {
    const bool due = (kind == Kind::kData && code == "354") ||
                     (kind == Kind::kAuth && code == "334");
    return due ? Fit::kDue : Fit::kWrong;
  }
  // After a message an MTA would read any 2xx, a 221 too, as its delivery.
  if (code == "221" && kind != Kind::kQuit) return Fit::kWrong;
  if (kind == Kind::kData && code[0] == '2') return Fit::kWrong;
  // MTAs bounce the message at a 5xx here, though it says nothing about it.
  if (kind == Kind::kGreeting || kind == Kind::kHello || kind == Kind::kReset) {
    return code[0] == '5' ? Fit::kRefusesSession : Fit::kDue;
  }
  if (kind == Kind::kChunk || kind == Kind::kLastChunk) return FitOfChunk(code);
  return Fit::kDue;
}

LmtpDialogue::Fit LmtpDialogue::FitOfChunk(std::string_view code) {
  // The server does not know BDAT, so it reads the chunk's bytes as commands.
  if (code == "500" || code == "501" || code == "502") return Fit::kWrong;
  if (expected_.front().kind == Kind::kChunk) return Fit::kDue;
  const size_t count = transaction_.accepted.size();
  // One refusal for several recipients: the server may send one reply for all
  // or one for each, so the next reply cannot be attributed.
  if (count == 0 || (count > 1 && code[0] != '2')) return Fit::kUnclear;
  expected_.pop_front();
  ExpectRecipients(expected_.begin());
  return Fit::kDue;
}

// What the reply that was due changes: what the client may send now, and the
// transaction.
void LmtpDialogue::UpdateState(const Expected& expected,
                               std::string_view code) {
  if (expected.kind == Kind::kData || expected.kind == Kind::kAuth) {
    state_ = State::kCommand;
    if (code == "354") {
      state_ = State::kMessage;
      message_ = MessageEnd();
    }
    if (code == "334") state_ = State::kAuthLine;
  }
  // A command that was refused leaves the state as it was (RFC 5321
  // 4.1.4).
  if (code[0] != '2') return;
  switch (expected.kind) {
    case Kind::kMail:
      transaction_ = Transaction{/*open=*/true, {}};
      break;
    case Kind::kRcpt:
      transaction_.accepted.push_back(expected.recipient);
      if (transaction_.accepted.size() > kMaxRecipients) GoBlind();
      break;
    case Kind::kHello:
    case Kind::kReset:
    case Kind::kXclient:
      transaction_ = Transaction();
      break;
    default:
      break;
  }
}

}  // namespace mailverdict::deliver

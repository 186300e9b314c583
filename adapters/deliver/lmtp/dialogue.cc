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

// A reply as text within another: one line of printable ASCII.
std::string Repeated(const std::string& reply) {
  std::string line = OneLine(reply).substr(0, kRepeatedBytes);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return line;
}

}  // namespace

LmtpDialogue::LmtpDialogue(LmtpOptions options) : options_(std::move(options)) {
  expected_.push_back({Kind::kGreeting, ""});
}

// --- What comes and goes ---

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
      proven_absent && question.provable && !question.recipient.empty();
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

// --- What follows ---

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
  to_backend_.Clear();
  question_.reset();
}

bool LmtpDialogue::idle() const {
  return state_ == State::kCommand && !in_transaction_ && expected_.empty() &&
         from_client_.empty() && to_backend_.empty() && from_backend_.empty() &&
         !question_.has_value();
}

// Called when nothing advances any more.
bool LmtpDialogue::ClientIsFinished() const {
  if (!client_closed_ || question_.has_value()) return false;
  if (state_ == State::kMessage || state_ == State::kChunk) {
    return from_client_.empty();  // the rest will never come
  }
  return expected_.empty() && to_backend_.empty();
}

// What is expected of the backend is forgotten, and so no reply of ours may be
// due in its midst.
void LmtpDialogue::GoBlind() {
  for (const Expected& expected : expected_) {
    if (expected.kind == Kind::kStartTls) return Fail("protocol error");
  }
  state_ = State::kBlind;
  expected_.clear();
  accepted_.clear();
}

// --- The backend ---

// Once the replies before it have passed.
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
        done_ = true;
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
  said_goodbye_ =
      code == "421" ||
      (code == "221" && (fit == Fit::kDue || state_ == State::kBlind));
  switch (fit) {
    case Fit::kDue: {
      Expected expected{Kind::kOther, ""};  // of a 421 without a command
      if (!expected_.empty()) {
        expected = std::move(expected_.front());
        expected_.pop_front();
      }
      Follow(expected, code);
      return OnDueReply(expected, reply);
    }
    case Fit::kUnclear:
      GoBlind();
      if (!done_) OnDueReply({Kind::kUnclear, ""}, reply);
      return;
    case Fit::kRefusesSession:
      return End("421 4.3.0 the mailbox server refuses the session: " +
                 Repeated(reply));
    case Fit::kWrong:
      return End("421 4.3.0 the mailbox server is out of step: " +
                 Repeated(reply));
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
  // A server may say goodbye at any time (RFC 5321 3.8).
  if (code == "421") return Fit::kDue;
  if (expected_.empty()) return Fit::kWrong;
  const Kind kind = expected_.front().kind;
  if (code[0] == '3') {
    const bool due = (kind == Kind::kData && code == "354") ||
                     (kind == Kind::kAuth && code == "334");
    return due ? Fit::kDue : Fit::kWrong;
  }
  // A 221 behind the message would look like a success of it.
  if (code == "221" && kind != Kind::kQuit) return Fit::kWrong;
  if (kind == Kind::kData && code[0] == '2') return Fit::kWrong;
  if (kind == Kind::kGreeting || kind == Kind::kHello || kind == Kind::kReset) {
    return code[0] == '5' ? Fit::kRefusesSession : Fit::kDue;
  }
  if (kind == Kind::kChunk || kind == Kind::kLastChunk) return FitOfChunk(code);
  return Fit::kDue;
}

LmtpDialogue::Fit LmtpDialogue::FitOfChunk(std::string_view code) {
  // The server does not know BDAT: it takes the chunk's bytes for commands.
  if (code == "500" || code == "501" || code == "502") return Fit::kWrong;
  if (expected_.front().kind == Kind::kChunk) return Fit::kDue;
  const size_t count = accepted_.size();
  if (count == 0 || (count > 1 && code[0] != '2')) return Fit::kUnclear;
  expected_.pop_front();
  ExpectRecipients(expected_.begin());
  return Fit::kDue;
}

void LmtpDialogue::Follow(const Expected& expected, std::string_view code) {
  if (expected.kind == Kind::kData || expected.kind == Kind::kAuth) {
    state_ = State::kCommand;
    if (code == "354") {
      state_ = State::kMessage;
      message_ = MessageEnd();
    }
    if (code == "334") state_ = State::kLine;
  }
  if (code[0] != '2') return;
  switch (expected.kind) {
    case Kind::kMail:
      accepted_.clear();
      in_transaction_ = true;
      break;
    case Kind::kRcpt:
      accepted_.push_back(expected.recipient);
      if (accepted_.size() > kMaxRecipients) GoBlind();
      break;
    case Kind::kHello:
    case Kind::kReset:
    case Kind::kXclient:
      accepted_.clear();
      in_transaction_ = false;
      break;
    default:
      break;
  }
}

}  // namespace mailverdict::deliver

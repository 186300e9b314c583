#include "adapters/local_delivery/lmtp_dialogue.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace mailverdict::local_delivery {
namespace {

constexpr char kStartTlsRefused[] = "502 5.5.1 STARTTLS is not available\r\n";

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

void LmtpDialogue::Answer(bool may_stand) {
  const LmtpQuestion question = *std::move(question_);
  question_.reset();
  const bool stands = may_stand && !question.recipient.empty();
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
  said_goodbye_ = code == "221" || code == "421";
  if (state_ != State::kBlind && !IsExpected(code)) GoBlind();
  if (done_) return;
  Expected expected{Kind::kUnclear, ""};
  if (state_ != State::kBlind) {
    expected = std::move(expected_.front());
    expected_.pop_front();
    Follow(expected, code);
  }
  if (MayBeOfUser(expected.kind) &&
      SaysUserUnknown(reply, options_.defer_codes)) {
    question_ = LmtpQuestion{expected.recipient, reply};
  } else {
    to_client_.Append(expected.kind == Kind::kHello ? WithoutStartTls(reply)
                                                    : reply);
  }
}

bool LmtpDialogue::MayBeOfUser(Kind kind) {
  switch (kind) {
    case Kind::kRcpt:
    case Kind::kData:
    case Kind::kChunk:
    case Kind::kRecipient:
    case Kind::kUnclear:
      return true;
    default:
      return false;
  }
}

// Whether a reply with this code can be the one that is due.
bool LmtpDialogue::IsExpected(std::string_view code) {
  if (expected_.empty()) return false;
  const Kind kind = expected_.front().kind;
  if (code[0] == '3') {
    return (kind == Kind::kData && code == "354") ||
           (kind == Kind::kAuth && code == "334");
  }
  if (kind == Kind::kData) return code[0] != '2';
  if (kind != Kind::kChunk && kind != Kind::kLastChunk) return true;
  // Its bytes are commands then.
  if (code == "500" || code == "501" || code == "502") return false;
  if (kind == Kind::kChunk) return true;
  const size_t count = accepted_.size();
  if (count == 0 || (count > 1 && code[0] != '2')) return false;
  expected_.pop_front();
  ExpectRecipients(expected_.begin());
  return true;
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
    case Kind::kClear:
      accepted_.clear();
      in_transaction_ = false;
      break;
    default:
      break;
  }
}

}  // namespace mailverdict::local_delivery

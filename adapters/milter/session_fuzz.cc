// What a client says in one session, in whatever order an MTA calls us: each
// transaction holds what was said of its own message, and nothing of another.
// The input is lines; the first byte of each says which callback it is.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/milter/session.h"
#include "tests/fuzz/require.h"

namespace mailverdict::milter {
namespace {

// What has been said since MAIL, kept in the plainest way.
struct Message {
  std::string queue_id, sender;
  bool authenticated = false;
  std::string last_recipient;
  std::vector<std::string> accepted;
  bool recipients_ended = false;
  std::vector<HeaderField> header;
};

class Run {
 public:
  Run() : session_("192.0.2.1") {}

  void Call(std::string_view line) {
    const std::string text(line.substr(1));
    switch (line[0]) {
      case 'C':
        return Compare(session_.Connect(), Stage::kConnect);
      case 'L':
        helo_ = text;
        return Compare(session_.Helo(text), Stage::kHelo);
      case 'M':
      case 'm':
        message_ = Message();
        message_.sender = text;
        message_.authenticated = line[0] == 'm';
        return Compare(session_.Mail(text, message_.authenticated),
                       Stage::kMail);
      case 'R':
        return Recipient(text);
      case 'A':
        return Accept();
      case 'H':
        return Header(text);
      case 'h':  // as long as the bytes of what follows, a thousand times
        return Header("X:" + std::string(1000 * text.size(), 'x'));
      case 'E':
        return AfterRecipients(session_.EndOfHeader(), Stage::kEndOfHeader);
      case 'B':
        return AfterRecipients(session_.EndOfMessage(), Stage::kEndOfMessage);
      case 'Z':
        message_ = Message();
        return session_.Reset();
      case 'Q':
        if (!text.empty()) message_.queue_id = text;
        return session_.SetQueueId(text);
      default:
        return;
    }
  }

 private:
  void Recipient(const std::string& text) {
    message_.last_recipient = text;
    const Transaction& tx = session_.Recipient(text);
    Compare(tx, Stage::kRcpt);
    Require(tx.recipient == text, "the recipient that is asked about");
  }

  // An MTA accepts a recipient once, and before the message.
  void Accept() {
    if (message_.last_recipient.empty() || message_.recipients_ended) return;
    message_.accepted.push_back(message_.last_recipient);
    message_.last_recipient.clear();
    session_.Accept();
  }

  void Header(const std::string& text) {
    const size_t colon = text.find(':');
    if (colon == text.npos) return;
    const HeaderField field{text.substr(0, colon), text.substr(colon + 1)};
    message_.header.push_back(field);
    session_.Header(field.name, field.value);
  }

  void AfterRecipients(const Transaction& tx, Stage stage) {
    Compare(tx, stage);
    Require(tx.recipient.empty(), "no one recipient is asked about");
    Require(tx.accepted == message_.accepted, "those who were accepted");
    message_.recipients_ended = true;
    message_.last_recipient.clear();
  }

  void Compare(const Transaction& tx, Stage stage) {
    Require(tx.stage == stage, "the stage that was reached");
    Require(tx.client == "192.0.2.1" && tx.helo == helo_, "the same client");
    Require(tx.sender == message_.sender, "the message's sender");
    Require(tx.queue_id == message_.queue_id, "and its queue id");
    Require(tx.authenticated == message_.authenticated, "and its login");
    CompareHeader(tx);
  }

  void CompareHeader(const Transaction& tx) const {
    Require(tx.header.size() <= message_.header.size(), "its own header");
    size_t bytes = 0;
    for (size_t i = 0; i < tx.header.size(); ++i) {
      const HeaderField& field = tx.header[i];
      Require(field.name == message_.header[i].name &&
                  field.value == message_.header[i].value,
              "its fields in their order");
      bytes += field.name.size() + field.value.size();
    }
    Require(bytes <= Session::kMaxHeaderBytes, "a header is bounded");
    Require(tx.header_cut == (tx.header.size() < message_.header.size()),
            "a header that is cut says so");
  }

  Session session_;
  std::string helo_;
  Message message_;
};

}  // namespace
}  // namespace mailverdict::milter

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  mailverdict::milter::Run run;
  for (const std::string& line :
       mailverdict::Split(mailverdict::Bytes(data, size), '\n')) {
    if (!line.empty()) run.Call(line);
  }
  return 0;
}

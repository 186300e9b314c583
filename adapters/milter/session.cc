#include "adapters/milter/session.h"

namespace mailverdict::milter {

Session::Session(std::string_view client) { tx_.client = std::string(client); }

const Transaction& Session::Connect() { return At(Stage::kConnect); }

const Transaction& Session::Helo(std::string_view name) {
  tx_.helo = std::string(name);
  return At(Stage::kHelo);
}

const Transaction& Session::Mail(std::string_view sender, bool authenticated) {
  Reset();
  tx_.sender = std::string(sender);
  tx_.authenticated = authenticated;
  return At(Stage::kMail);
}

const Transaction& Session::Recipient(
    std::string_view recipient, std::optional<std::string_view> resolved) {
  tx_.recipient = std::string(recipient);
  tx_.resolved = resolved;
  return At(Stage::kRcpt);
}

void Session::Accept() { accepted_.push_back(tx_.recipient); }

void Session::Header(std::string_view name, std::string_view value) {
  header_bytes_ += name.size() + value.size();
  if (header_bytes_ > kMaxHeaderBytes) {
    tx_.header_cut = true;
  } else {
    tx_.header.push_back({std::string(name), std::string(value)});
  }
}

const Transaction& Session::EndOfHeader() {
  return AfterRecipients(Stage::kEndOfHeader);
}

const Transaction& Session::EndOfMessage() {
  return AfterRecipients(Stage::kEndOfMessage);
}

// An MTA may skip the end of the header.
const Transaction& Session::AfterRecipients(Stage stage) {
  tx_.recipient.clear();
  tx_.resolved.reset();
  if (tx_.accepted.empty()) tx_.accepted.swap(accepted_);
  return At(stage);
}

void Session::Reset() {
  tx_.queue_id.clear();
  tx_.sender.clear();
  tx_.recipient.clear();
  tx_.resolved.reset();
  tx_.accepted.clear();
  accepted_.clear();
  tx_.header.clear();
  tx_.header_cut = false;
  tx_.authenticated = false;
  header_bytes_ = 0;
}

void Session::SetQueueId(std::string_view id) {
  if (!id.empty()) tx_.queue_id = std::string(id);
}

const Transaction& Session::At(Stage stage) {
  tx_.stage = stage;
  return tx_;
}

}  // namespace mailverdict::milter

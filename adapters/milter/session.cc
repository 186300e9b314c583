#include "adapters/milter/session.h"

namespace mailverdict::milter {

Session::Session(std::string_view client) {
  session_.client = std::string(client);
  Reset();
}

const Transaction& Session::Connect() { return At(Stage::kConnect); }

const Transaction& Session::Helo(std::string_view name) {
  session_.helo = std::string(name);
  message_.tx.helo = session_.helo;
  return At(Stage::kHelo);
}

const Transaction& Session::Mail(std::string_view sender, bool authenticated) {
  Reset();
  message_.tx.sender = std::string(sender);
  message_.tx.authenticated = authenticated;
  return At(Stage::kMail);
}

const Transaction& Session::Recipient(
    std::string_view recipient, std::optional<std::string_view> resolved) {
  message_.tx.recipient = std::string(recipient);
  message_.tx.resolved = resolved;
  return At(Stage::kRcpt);
}

void Session::Accept() { message_.accepted.push_back(message_.tx.recipient); }

void Session::Header(std::string_view name, std::string_view value) {
  message_.header_bytes += name.size() + value.size();
  if (message_.header_bytes > kMaxHeaderBytes) {
    message_.tx.header_cut = true;
  } else {
    message_.tx.header.push_back({std::string(name), std::string(value)});
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
  message_.tx.recipient.clear();
  message_.tx.resolved.reset();
  if (message_.tx.accepted.empty()) {
    message_.tx.accepted.swap(message_.accepted);
  }
  return At(stage);
}

void Session::Reset() {
  message_ = Message();
  message_.tx = session_;
}

void Session::SetQueueId(std::string_view id) {
  if (!id.empty()) message_.tx.queue_id = std::string(id);
}

const Transaction& Session::At(Stage stage) {
  message_.tx.stage = stage;
  return message_.tx;
}

}  // namespace mailverdict::milter

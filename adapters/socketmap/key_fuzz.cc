// The keys of both MTAs. The input is one key; cut at its NULs it is also a
// recipient, a sender, a client and a queue id, of which a key is made as
// mailverdict.m4 makes it.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/socketmap/key.h"
#include "lib/mail/address.h"
#include "tests/fuzz/require.h"

namespace mailverdict::socketmap {
namespace {

// Whatever is read of a key, the key can be told from it: nothing of it is
// lost but the name of the mechanism, and nothing is put in.
void RequireNothingLost(std::string_view key, const Transaction& tx,
                        Stage stage) {
  const std::string about = stage == Stage::kMail ? tx.sender : tx.recipient;
  Require(key.substr(0, about.size()) == about, "the address comes first");
  std::string rest;
  if (stage == Stage::kRcpt && !tx.sender.empty()) {
    rest += ",sender=<" + (tx.sender == "<>" ? "" : tx.sender) + '>';
  }
  const std::string written = tx.sender == "<>" ? ",sender=<<>>" : rest;
  key.remove_prefix(about.size());
  if (key.substr(0, written.size()) == written) rest = written;
  Require(key.substr(0, rest.size()) == rest, "then the sender");
  key.remove_prefix(rest.size());
  const std::string id = ">,id=<" + tx.queue_id + ">,auth=<";
  bool found = false;
  for (const char* version : {"", "IPv6:"}) {
    const std::string fields = ",client=<" + (version + tx.client) + id;
    if (key.substr(0, fields.size()) != fields) continue;
    found = true;
    key.remove_prefix(fields.size());
    break;
  }
  Require(found, "then the client and the queue id");
  Require(tx.authenticated == (key != ">,;"), "a login has a mechanism");
  Require(key.size() >= 3 && key.substr(key.size() - 3) == ">,;", "the end");
}

void ReadSendmail(std::string_view key) {
  for (const Stage stage : {Stage::kConnect, Stage::kMail, Stage::kRcpt}) {
    const auto tx = ParseSendmailKey(key, stage);
    if (!tx.has_value()) continue;
    Require(tx->stage == stage, "the stage that was asked for");
    Require(stage == Stage::kRcpt || tx->recipient.empty(), "no recipient");
    Require(stage != Stage::kConnect || tx->sender.empty(), "no sender");
    RequireNothingLost(key, *tx, stage);
  }
}

void ReadPostfix(std::string_view key) {
  const std::optional<Transaction> tx = ParsePostfixKey(key);
  if (!tx.has_value()) return;
  if (tx->recipient == key) return;
  // Its local part has been quoted; without quotes it is the same again.
  const size_t at = tx->recipient.rfind('@');
  Require(at != std::string::npos && at >= 2, "an address has two parts");
  std::string plain;
  for (size_t i = 1; i + 1 < at; ++i) {
    if (tx->recipient[i] == '\\') ++i;
    plain += tx->recipient[i];
  }
  Require(plain + tx->recipient.substr(at) == key, "quotes are all it gets");
  Require(!mail::ParseAddress(key).ok(), "what is an address stays as it is");
}

// Neither address can pass for a part of the other, or for another field.
void WriteAndRead(const std::vector<std::string>& parts) {
  if (parts.size() < 4) return;
  const std::string& recipient = parts[0];
  const std::string& sender = parts[1];
  if (!mail::ParseAddress(recipient).ok()) return;
  if (!sender.empty() && !mail::ParseAddress(sender).ok()) return;
  for (const std::string& plain : {parts[2], parts[3]}) {
    if (plain.find_first_of("<>") != plain.npos) return;
  }
  if (sender.substr(0, 1) == "<") return;  // sendmail takes these off
  const std::string resolved = parts.size() > 4 ? parts[4] : "";
  if (!resolved.empty() && !mail::ParseAddress(resolved).ok()) return;
  if (resolved.substr(0, 1) == "<") return;
  const std::string key = recipient + ",resolved=<" + resolved + ">,sender=<" +
                          sender + ">,client=<" + parts[2] + ">,id=<" +
                          parts[3] + ">,auth=<>,;";
  const auto tx = ParseSendmailKey(key);
  Require(tx.has_value(), "what the rules write can be read");
  Require(tx->recipient == recipient, "the recipient comes back");
  Require(tx->resolved.value_or("") == resolved, "so does what it led to");
  Require(tx->sender == (sender.empty() ? "<>" : sender), "so does the sender");
  Require(tx->queue_id == parts[3], "so does the queue id");
  Require(!tx->authenticated, "nobody has logged in");
}

}  // namespace
}  // namespace mailverdict::socketmap

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view key = mailverdict::Bytes(data, size);
  mailverdict::socketmap::ReadSendmail(key);
  mailverdict::socketmap::ReadPostfix(key);
  mailverdict::socketmap::WriteAndRead(mailverdict::Split(key, '\0'));
  return 0;
}

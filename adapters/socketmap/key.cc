#include "adapters/socketmap/key.h"

#include <string>
#include <utility>

#include "lib/mail/address.h"
#include "lib/mail/cursor.h"

namespace mailverdict::socketmap {
namespace {

// Takes `before` and "VALUE>" from the front. nullopt if that is not there.
std::optional<std::string_view> TakeValue(std::string_view before,
                                          mail::Cursor* in) {
  if (!in->Skip(before)) return std::nullopt;
  const std::string_view value =
      in->TakeWhile([](char c) { return c != '>' && c != '<'; });
  if (!in->Skip('>')) return std::nullopt;
  return value;
}

// Where the last `count` '<' begin; npos if there are fewer.
size_t FindLastBrackets(std::string_view text, int count) {
  size_t at = text.size();
  while (count-- > 0 && at != std::string_view::npos) {
    at = at == 0 ? std::string_view::npos : text.rfind('<', at - 1);
  }
  return at;
}

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() &&
         text.substr(text.size() - end.size()) == end;
}

// Whether no quoted string is cut into (RFC 5321 4.1.2). Of the senders that
// can be read out of a key, one that begins within the quotes of the true one
// has lost the first of them.
bool HasWholeQuotes(std::string_view address) {
  bool quoted = false;
  for (size_t i = 0; i < address.size(); ++i) {
    if (address[i] == '\\')
      ++i;
    else if (address[i] == '"')
      quoted = !quoted;
  }
  return !quoted;
}

// Takes ",sender=<SENDER>" from the end of `key`. nullopt if there is none.
std::optional<std::string> TakeSender(std::string_view* key) {
  static constexpr std::string_view kSender = ",sender=";
  if (key->empty() || key->back() != '>') return std::nullopt;
  const std::string_view text = key->substr(0, key->size() - 1);
  std::string_view before = text;
  for (;;) {
    const size_t bracket = before.rfind('<');
    if (bracket == std::string_view::npos) return std::nullopt;
    before = text.substr(0, bracket);
    const std::string_view sender = text.substr(bracket + 1);
    if (!EndsWith(before, kSender) || !HasWholeQuotes(sender)) continue;
    *key = before.substr(0, before.size() - kSender.size());
    return std::string(sender.empty() ? "<>" : sender);
  }
}

// A transaction at kMail or kRcpt, and in it the address that is asked about.
Transaction About(std::string address, Stage stage) {
  Transaction tx;
  tx.stage = stage;
  (stage == Stage::kMail ? tx.sender : tx.recipient) = std::move(address);
  return tx;
}

}  // namespace

std::optional<Transaction> ParseSendmailKey(std::string_view key, Stage stage) {
  static constexpr std::string_view kClient = ",client=";
  const size_t bracket = FindLastBrackets(key, 3);
  if (bracket == std::string_view::npos ||
      !EndsWith(key.substr(0, bracket), kClient)) {
    return std::nullopt;
  }
  mail::Cursor in(key.substr(bracket));
  const auto client = TakeValue("<", &in);
  const auto id = TakeValue(",id=<", &in);
  const auto auth = TakeValue(",auth=<", &in);
  if (!client || !id || !auth || !in.Skip(",;") || !in.done()) {
    return std::nullopt;
  }
  key = key.substr(0, bracket - kClient.size());
  std::optional<std::string> sender;
  if (stage == Stage::kRcpt) sender = TakeSender(&key);
  Transaction tx;
  if (stage != Stage::kConnect) {
    tx = About(std::string(key), stage);
  } else if (!key.empty()) {
    return std::nullopt;
  }
  if (sender.has_value()) tx.sender = *std::move(sender);
  tx.client = client->substr(client->rfind("IPv6:", 0) == 0 ? 5 : 0);
  tx.queue_id = *id;
  tx.authenticated = !auth->empty();
  return tx;
}

std::optional<Transaction> ParsePostfixKey(std::string_view key, Stage stage) {
  const size_t at = key.rfind('@');
  if (at == std::string_view::npos || at == 0) return std::nullopt;
  if (mail::ParseAddress(key).ok()) return About(std::string(key), stage);
  // Perhaps it only lacks its quotes; if not, the check will say so.
  std::string quoted = "\"";
  for (char c : key.substr(0, at)) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  quoted += '"';
  quoted += key.substr(at);
  return About(std::move(quoted), stage);
}

}  // namespace mailverdict::socketmap

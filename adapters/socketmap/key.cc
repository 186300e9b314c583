#include "adapters/socketmap/key.h"

#include <string>

#include "lib/mail/address.h"
#include "lib/mail/cursor.h"

namespace mailverdict::socketmap {
namespace {

std::optional<std::string> TakeField(std::string_view name, mail::Cursor* in) {
  if (!in->Skip(name)) return std::nullopt;
  const std::string_view value =
      in->TakeWhile([](char c) { return c != '>' && c != '<'; });
  if (!in->Skip('>')) return std::nullopt;
  return std::string(value);
}

}  // namespace

std::optional<Transaction> ParseSendmailKey(std::string_view key) {
  static constexpr std::string_view kClient = ",client=<";
  const size_t fields = key.rfind(kClient);
  if (fields == std::string_view::npos) return std::nullopt;
  mail::Cursor in(key.substr(fields));
  const auto client = TakeField(kClient, &in);
  const auto id = TakeField(",id=<", &in);
  const auto auth = TakeField(",auth=<", &in);
  if (!client || !id || !auth || !in.Skip(",;") || !in.done()) {
    return std::nullopt;
  }
  Transaction tx;
  tx.stage = Stage::kRcpt;
  tx.recipient = std::string(key.substr(0, fields));
  tx.client = client->rfind("IPv6:", 0) == 0 ? client->substr(5) : *client;
  tx.queue_id = *id;
  tx.authenticated = !auth->empty();
  return tx;
}

std::optional<Transaction> ParsePostfixKey(std::string_view key) {
  const size_t at = key.rfind('@');
  if (at == std::string_view::npos || at == 0) return std::nullopt;
  Transaction tx;
  tx.stage = Stage::kRcpt;
  tx.recipient = std::string(key);
  if (mail::ParseAddress(key).ok()) return tx;
  // Perhaps it only lacks its quotes; if not, the check will say so.
  tx.recipient = "\"";
  for (char c : key.substr(0, at)) {
    if (c == '"' || c == '\\') tx.recipient += '\\';
    tx.recipient += c;
  }
  tx.recipient += '"';
  tx.recipient += key.substr(at);
  return tx;
}

}  // namespace mailverdict::socketmap

#include "adapters/socketmap/key.h"

#include <cstring>
#include <string>
#include <utility>

#include "lib/mail/address.h"
#include "lib/mail/cursor.h"

namespace mailverdict::socketmap {
namespace {

// A key is read from its end, which a Cursor does not do: by views that only
// get shorter.

// Where the last '<' is; npos if there is none. As text.rfind('<'), which looks
// at one byte after the other.
size_t FindLastBracket(std::string_view text) {
  const void* found = memrchr(text.data(), '<', text.size());
  if (found == nullptr) return std::string_view::npos;
  return static_cast<size_t>(static_cast<const char*>(found) - text.data());
}

// Takes `end`, a literal, from the end of `text`. False, and nothing taken, if
// that is not there. Of a size that is known where it is called.
template <size_t kSize>
bool TakeEnd(const char (&end)[kSize], std::string_view* text) {
  constexpr size_t kLength = kSize - 1;
  if (text->size() < kLength ||
      std::memcmp(text->data() + text->size() - kLength, end, kLength) != 0) {
    return false;
  }
  text->remove_suffix(kLength);
  return true;
}

// Whether no quoted string is cut into (RFC 5321 4.1.2). Of the senders that
// can be read out of a key, one that begins within the quotes of the true one
// has lost the first of them.
bool HasWholeQuotes(std::string_view address) {
  if (address.find('"') == std::string_view::npos) return true;
  bool quoted = false;
  for (size_t i = 0; i < address.size(); ++i) {
    if (address[i] == '\\')
      ++i;
    else if (address[i] == '"')
      quoted = !quoted;
  }
  return !quoted;
}

// Takes `name`, "<VALUE" and `end` from the end of `key`. nullopt if that is
// not there, or the value holds a bracket.
template <size_t kName, size_t kEnd>
std::optional<std::string_view> TakeField(const char (&name)[kName],
                                          const char (&end)[kEnd],
                                          std::string_view* key) {
  if (!TakeEnd(end, key)) return std::nullopt;
  const size_t bracket = FindLastBracket(*key);
  if (bracket == std::string_view::npos) return std::nullopt;
  const std::string_view value = key->substr(bracket + 1);
  *key = key->substr(0, bracket);
  if (!TakeEnd(name, key) || value.find('>') != std::string_view::npos) {
    return std::nullopt;
  }
  return value;
}

// Takes `name`, "<ADDRESS>" from the end of `key`, an address that may hold
// brackets. nullopt if there is none.
template <size_t kName>
std::optional<std::string_view> TakeAddress(const char (&name)[kName],
                                            std::string_view* key) {
  std::string_view text = *key;
  if (!TakeEnd(">", &text)) return std::nullopt;
  std::string_view before = text;
  for (;;) {
    const size_t bracket = FindLastBracket(before);
    if (bracket == std::string_view::npos) return std::nullopt;
    before = text.substr(0, bracket);
    const std::string_view address = text.substr(bracket + 1);
    if (!TakeEnd(name, &before) || !HasWholeQuotes(address)) continue;
    *key = before;
    return address;
  }
}

}  // namespace

std::optional<Transaction> ParseSendmailKey(std::string_view key, Stage stage) {
  const auto auth = TakeField(",auth=", ">,;", &key);
  if (!auth.has_value()) return std::nullopt;
  const auto id = TakeField(",id=", ">", &key);
  if (!id.has_value()) return std::nullopt;
  const auto client = TakeField(",client=", ">", &key);
  if (!client.has_value()) return std::nullopt;
  if (stage == Stage::kConnect && !key.empty()) return std::nullopt;
  Transaction tx;
  tx.stage = stage;
  if (stage == Stage::kRcpt) {
    const auto sender = TakeAddress(",sender=", &key);
    if (sender.has_value()) tx.sender = sender->empty() ? "<>" : *sender;
    const auto resolved = TakeAddress(",resolved=", &key);
    if (resolved.has_value() && !resolved->empty()) tx.resolved = resolved;
    tx.recipient = key;
  } else {
    tx.sender = key;
  }
  tx.client = client->substr(client->rfind("IPv6:", 0) == 0 ? 5 : 0);
  tx.queue_id = *id;
  tx.authenticated = !auth->empty();
  return tx;
}

std::optional<Transaction> ParsePostfixKey(std::string_view key, Stage stage) {
  const size_t at = key.rfind('@');
  if (at == std::string_view::npos || at == 0) return std::nullopt;
  if (mail::ParseAddress(key).ok()) {
    return Transaction::About(stage, std::string(key));
  }
  // Perhaps it only lacks its quotes; if not, the check will say so.
  std::string quoted = "\"";
  for (char c : key.substr(0, at)) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  quoted += '"';
  quoted += key.substr(at);
  return Transaction::About(stage, std::move(quoted));
}

}  // namespace mailverdict::socketmap

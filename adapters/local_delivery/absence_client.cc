#include "adapters/local_delivery/absence_client.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "adapters/loop/log.h"
#include "adapters/socketmap/client.h"
#include "lib/mail/cursor.h"

namespace mailverdict::local_delivery {
namespace {

// How much of what the daemon said is worth a log line.
constexpr size_t kShownBytes = 200;

std::string Shown(std::string_view text) {
  return EscapeLine(text.substr(0, kShownBytes));
}

}  // namespace

Ruling ParseAbsenceReply(std::string_view payload) {
  mail::Cursor in(payload);
  const bool ok = in.Skip("OK ");
  const std::string_view word = in.TakeWhile([](char c) { return c != ' '; });
  in.Skip(' ');
  const std::string why = Shown(in.rest());
  if (ok && word == "proven") return {Existence::kProvenAbsent, why};
  if (ok && word == "pass") return {Existence::kPresent, why};
  if (ok && word == "unsure") return {Existence::kUnsure, why};
  return {Existence::kUnsure,
          absl::StrCat("mailverdictd said \"", Shown(payload), "\"")};
}

AbsenceClient::AbsenceClient(SocketAddress daemon)
    : daemon_(std::move(daemon)) {}

Ruling AbsenceClient::Ask(std::string_view recipient, Deadline deadline) const {
  const size_t at = recipient.rfind('@');
  if (at == recipient.npos || at == 0 || at + 1 == recipient.size()) {
    return {Existence::kUnsure,
            "the recipient has no domain; --domain gives it one"};
  }
  const absl::StatusOr<std::string> reply = socketmap::Ask(
      daemon_, {"absence", recipient}, kMaxAbsenceReplyBytes, deadline);
  if (reply.ok()) return ParseAbsenceReply(*reply);
  return {Existence::kUnsure, std::string(reply.status().message())};
}

}  // namespace mailverdict::local_delivery

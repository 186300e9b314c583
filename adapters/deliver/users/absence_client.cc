#include "adapters/deliver/users/absence_client.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "adapters/deliver/users/log_limits.h"
#include "adapters/socketmap/client.h"
#include "lib/mail/cursor.h"
#include "lib/mail/escape.h"

namespace mailverdict::deliver {
namespace {

Ruling ProvesNothing(Existence existence, std::string_view said) {
  return {existence,
          absl::StrCat("says \"", mail::EscapeUpTo(said, kShownReasonBytes),
                       "\", which proves no absence; \"mailverdict explain\" "
                       "with the address tells more")};
}

}  // namespace

Ruling ParseAbsenceReply(std::string_view payload) {
  mail::Cursor in(payload);
  const bool ok = in.Skip("OK ");
  const std::string_view word = in.TakeWhile([](char c) { return c != ' '; });
  in.Skip(' ');
  const std::string_view said = in.rest().empty() ? word : in.rest();
  if (ok && word == "proven") {
    return {Existence::kProvenAbsent,
            absl::StrCat("proves the absence: ",
                         mail::EscapeUpTo(said, kShownReasonBytes))};
  }
  if (ok && word == "pass") return ProvesNothing(Existence::kPresent, said);
  if (ok && word == "unsure") return ProvesNothing(Existence::kUnsure, said);
  // A NOTFOUND of another program's map lands here, too: it proves nothing.
  // Another word, or no OK.
  return {
      Existence::kUnsure,
      absl::StrCat("answers \"", mail::EscapeUpTo(payload, kShownReasonBytes),
                   "\", which is no answer to this question; does --proof "
                   "name the socket map of a mailverdictd?")};
}

AbsenceClient::AbsenceClient(SocketAddress daemon)
    : daemon_(std::move(daemon)) {}

Ruling AbsenceClient::Ask(std::string_view recipient, Deadline deadline) const {
  const size_t at = recipient.rfind('@');
  if (at == recipient.npos || at == 0 || at + 1 == recipient.size()) {
    return {Existence::kUnsure,
            "the recipient has no domain, so mailverdictd was not asked; "
            "--domain gives it one"};
  }
  const absl::StatusOr<std::string> reply = socketmap::Ask(
      daemon_, {"absence", recipient}, kMaxAbsenceReplyBytes, deadline);
  if (!reply.ok()) {
    // No daemon, or no answer in time.
    return {Existence::kUnsure,
            absl::StrCat(reply.status().message(),
                         "; nothing is proven without it: does it run, and may "
                         "this user open its socket?")};
  }
  Ruling ruling = ParseAbsenceReply(*reply);
  ruling.why = absl::StrCat("mailverdictd at ", daemon_.text, " ", ruling.why);
  return ruling;
}

}  // namespace mailverdict::deliver

// A proof source that asks a mailverdictd: a client of its map `absence`
// (adapters/daemon/maps.h), with one connection for each question.
//
//   -> 24:absence jane@example.org,
//   <- OK proven WHY | OK pass WHY | OK unsure WHY
//
// `proven` is kProvenAbsent, `pass` is kPresent, and `unsure` is kUnsure. WHY
// is the daemon's log line about the verdict; older daemons send none with
// `pass`. Any other outcome is kUnsure: no daemon, no answer in time, another
// word, a malformed netstring, a second reply, a reply of more than
// kMaxAbsenceReplyBytes.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_USERS_ABSENCE_CLIENT_H_
#define MAILVERDICT_ADAPTERS_DELIVER_USERS_ABSENCE_CLIENT_H_

#include <cstddef>
#include <string_view>

#include "adapters/deliver/users/unknown_user_rule.h"
#include "adapters/socketmap/socket_address.h"

namespace mailverdict::deliver {

// The most bytes of a reply: a word and a line of text.
inline constexpr size_t kMaxAbsenceReplyBytes = 4096;

// Parses a reply's payload. The result's `why` has no subject, as in `says
// "pass [domain is not ours]", which proves no absence`; the caller writes the
// daemon's name before it. Pure.
Ruling ParseAbsenceReply(std::string_view payload);

// Remembers nothing between questions. Thread-safe.
class AbsenceClient : public ProofSource {
 public:
  explicit AbsenceClient(SocketAddress daemon);

  // Returns kUnsure for a recipient without a domain, and does not ask the
  // daemon. `why` names the daemon, what it said, and what to do.
  Ruling Ask(std::string_view recipient, Deadline deadline) const override;

 private:
  const SocketAddress daemon_;
};

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_USERS_ABSENCE_CLIENT_H_

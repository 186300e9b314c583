// A proof source that asks a mailverdictd: a client of its socketmap `absence`,
// with one connection for each question.
//
//   -> 24:absence jane@example.org,
//   <- OK proven WHY | OK pass WHY | OK unsure WHY
//
// WHY is the line that the daemon would log, for people; older daemons send
// none with `pass`. Everything else is kUnsure: no daemon, no answer in time,
// another word, a malformed netstring, a second reply, a reply of more than
// kMaxAbsenceReplyBytes.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_USERS_ABSENCE_CLIENT_H_
#define MAILVERDICT_ADAPTERS_DELIVER_USERS_ABSENCE_CLIENT_H_

#include <cstddef>
#include <string_view>

#include "adapters/deliver/users/unknown_user_rule.h"
#include "adapters/socketmap/socket_address.h"

namespace mailverdict::deliver {

// A word and a line of text.
inline constexpr size_t kMaxAbsenceReplyBytes = 4096;

// Parses a reply's payload. `why` is the end of a sentence whose subject is the
// daemon: `says "pass [domain is not ours]", which proves no absence ...`.
// Pure.
Ruling ParseAbsenceReply(std::string_view payload);

// Remembers nothing between questions. Thread-safe.
class AbsenceClient : public ProofSource {
 public:
  explicit AbsenceClient(SocketAddress daemon);

  // kUnsure for a recipient without a domain; then the daemon is not asked.
  // `why` names the daemon, what it said, and what to do.
  Ruling Ask(std::string_view recipient, Deadline deadline) const override;

 private:
  const SocketAddress daemon_;
};

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_USERS_ABSENCE_CLIENT_H_

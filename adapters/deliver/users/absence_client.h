// mailverdictd as a proof: asked by socketmap, map `absence`, one connection
// for each question.
//
//   -> 24:absence jane@example.org,
//   <- OK proven WHY | OK pass WHY | OK unsure WHY
//
// WHY is the line that the daemon would log, for people; an older daemon
// gives none with `pass`. Anything else is kUnsure: no daemon, no answer in
// time, another word, a malformed netstring, a second reply, more than
// kMaxAbsenceReplyBytes.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_USERS_ABSENCE_CLIENT_H_
#define MAILVERDICT_ADAPTERS_DELIVER_USERS_ABSENCE_CLIENT_H_

#include <cstddef>
#include <string_view>

#include "adapters/deliver/users/unknown_rule.h"
#include "adapters/socketmap/socket_address.h"

namespace mailverdict::deliver {

// A word and a line of text.
inline constexpr size_t kMaxAbsenceReplyBytes = 4096;

// The meaning of a reply's payload. `why` is what the daemon does, as the end
// of a sentence: "says "pass [domain is not ours]", which proves no absence
// ...". Pure.
Ruling ParseAbsenceReply(std::string_view payload);

class AbsenceClient : public ProofSource {
 public:
  explicit AbsenceClient(SocketAddress daemon);

  // A recipient without a domain is kUnsure, and the daemon is not asked. `why`
  // names the daemon, what it said, and what to do.
  Ruling Ask(std::string_view recipient, Deadline deadline) const override;

 private:
  const SocketAddress daemon_;
};

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_USERS_ABSENCE_CLIENT_H_

// mailverdictd as a proof: asked by socketmap, map `absence`, one connection
// for each question.
//
//   -> 24:absence jane@example.org,
//   <- OK proven WHY | OK pass WHY | OK unsure WHY
//
// Anything else is kUnsure: no daemon, no answer in time, another word, a
// netstring that is none, a second reply, more than kMaxAbsenceReplyBytes.

#ifndef MAILVERDICT_ADAPTERS_LOCAL_DELIVERY_ABSENCE_CLIENT_H_
#define MAILVERDICT_ADAPTERS_LOCAL_DELIVERY_ABSENCE_CLIENT_H_

#include <cstddef>
#include <string_view>

#include "adapters/local_delivery/unknown_rule.h"
#include "adapters/socketmap/socket_address.h"

namespace mailverdict::local_delivery {

// A word and a line of text.
inline constexpr size_t kMaxAbsenceReplyBytes = 4096;

// The meaning of a reply's payload. Pure.
Ruling ParseAbsenceReply(std::string_view payload);

class AbsenceClient : public ProofSource {
 public:
  explicit AbsenceClient(SocketAddress daemon);

  // A recipient without a domain is kUnsure, and the daemon is not asked.
  Ruling Ask(std::string_view recipient, Deadline deadline) const override;

 private:
  const SocketAddress daemon_;
};

}  // namespace mailverdict::local_delivery

#endif  // MAILVERDICT_ADAPTERS_LOCAL_DELIVERY_ABSENCE_CLIENT_H_

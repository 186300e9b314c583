// What is remembered of a mailbox that was present once.

#ifndef MAILVERDICT_LIB_CORE_MAILBOX_SEEN_H_
#define MAILVERDICT_LIB_CORE_MAILBOX_SEEN_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "lib/core/answer.h"

namespace mailverdict {

// To the second, as a store keeps it.
struct MailboxSeen {
  absl::Time last_seen;
  // When it was first found missing after that; InfiniteFuture while it is not.
  absl::Time vanished = absl::InfiniteFuture();

  // As the values of a Present report: "last seen 2026-11-24T04:00:00Z" and,
  // when it has vanished, "vanished 2026-11-24T05:00:00Z".
  std::vector<std::string> ToValues() const;
  // nullopt when the answer holds no such values.
  static std::optional<MailboxSeen> From(const Answer& answer);
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_MAILBOX_SEEN_H_

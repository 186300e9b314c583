// What the history remembers about a mailbox that was once present.

#ifndef MAILVERDICT_LIB_CORE_MAILBOX_SEEN_H_
#define MAILVERDICT_LIB_CORE_MAILBOX_SEEN_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "lib/core/answer.h"

namespace mailverdict {

// The special key "directory:beyond-ascii" has this text in place of an
// address. Its record says when the directory last had a mailbox with a local
// part beyond ASCII. Nothing marks this record as vanished.
inline constexpr char kBeyondAsciiKey[] = "beyond-ascii";

// Times are whole seconds, because stores keep no fractions.
struct MailboxSeen {
  // If two absences are further apart than this, a new run of absences begins,
  // because the mailbox may have been present in between when nobody asked. The
  // limit is well above the longest time between two attempts of an MTA (Exim:
  // 6 hours), so that the retries of a message belong to one run.
  static constexpr absl::Duration kMaxGap = absl::Hours(24);

  absl::Time last_seen;
  // When the mailbox was first and last found missing in the present run of
  // absences. Both are InfiniteFuture while it is not missing.
  absl::Time vanished = absl::InfiniteFuture();
  absl::Time last_missed = absl::InfiniteFuture();

  // For a mailbox that is missing at `now`: returns since when it has been
  // missing without a gap. Returns `now` if it was not missing before, or was
  // last found missing more than kMaxGap ago.
  absl::Time MissingSince(absl::Time now) const;

  // Returns the values of a Present report: "last seen 2026-11-24T04:00:00Z"
  // and, if the mailbox has vanished, "vanished TIME" and "last missed TIME".
  std::vector<std::string> ToValues() const;
  // The inverse of ToValues; nullopt if the answer has no such values.
  static std::optional<MailboxSeen> From(const Answer& answer);
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_MAILBOX_SEEN_H_

// What is remembered of a mailbox that was present once.

#ifndef MAILVERDICT_LIB_CORE_MAILBOX_SEEN_H_
#define MAILVERDICT_LIB_CORE_MAILBOX_SEEN_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "lib/core/answer.h"

namespace mailverdict {

// Behind "directory:", in the place of an address: when a mailbox whose local
// part is beyond ASCII was last present. It never vanishes.
inline constexpr char kBeyondAsciiKey[] = "beyond-ascii";

// To the second, as a store keeps it.
struct MailboxSeen {
  // Absences that lie further apart than this do not belong together: the
  // mailbox may have been there in between, unasked. Well above the time that
  // any MTA lets pass between two attempts (Exim: 6 hours), so who tries again
  // keeps a run going.
  static constexpr absl::Duration kMaxGap = absl::Hours(24);

  absl::Time last_seen;
  // The first and the last time it was found missing after that, in one run of
  // absences; InfiniteFuture while it is not missing.
  absl::Time vanished = absl::InfiniteFuture();
  absl::Time last_missed = absl::InfiniteFuture();

  // It is missing at `now`: since when without a gap? `now` itself if it was
  // not missing before, or too long ago to count.
  absl::Time MissingSince(absl::Time now) const;

  // As the values of a Present report: "last seen 2026-11-24T04:00:00Z" and,
  // when it has vanished, "vanished ..." and "last missed ..." likewise.
  std::vector<std::string> ToValues() const;
  // nullopt when the answer holds no such values.
  static std::optional<MailboxSeen> From(const Answer& answer);
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_MAILBOX_SEEN_H_

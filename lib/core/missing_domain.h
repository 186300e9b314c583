// What the history remembers about a domain that was proven not to exist.

#ifndef MAILVERDICT_LIB_CORE_MISSING_DOMAIN_H_
#define MAILVERDICT_LIB_CORE_MISSING_DOMAIN_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "lib/core/answer.h"
#include "lib/policy/policy.h"

namespace mailverdict {

// Times are whole seconds, because stores keep no fractions.
struct MissingDomain {
  // No more messages than this are counted.
  static constexpr int kMaxMessages = DomainCheckPolicy::kMaxLearnMessages;
  // A message is counted only if at least this time has passed since the last
  // one that was counted. Otherwise one short outage would count once for each
  // message that asks during it.
  static constexpr absl::Duration kMinMessageInterval = absl::Hours(1);
  // If the domain was last found missing longer ago than this, a new run
  // begins, because it may have existed in between when nobody asked. Every MTA
  // tries again within this time.
  static constexpr absl::Duration kMaxGap = absl::Hours(24);

  // When the domain was first and last found missing in the present run.
  absl::Time first;
  absl::Time last;
  // How many messages found the domain missing. Retries of a message do not
  // count.
  int messages = 0;
  // Set by an operator. kAdded: the domain is learned at once. kPinned: the
  // domain is learned at once, and stays learned even if it exists for a while.
  enum class Mark { kNone, kAdded, kPinned };
  Mark mark = Mark::kNone;

  // Whether the domain is learned at `now`. If it is, its mail is rejected when
  // the domain is proven missing once more.
  bool Learned(const DomainCheckPolicy& policy, absl::Time now) const;

  // Returns the values of a Present report: "first missing
  // 2026-11-24T04:00:00Z", "last missing ...", "messages 3" and, if an operator
  // has marked it, "added" or "pinned".
  std::vector<std::string> ToValues() const;
  // The inverse of ToValues; nullopt if the answer has no such values.
  static std::optional<MissingDomain> From(const Answer& answer);
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_MISSING_DOMAIN_H_

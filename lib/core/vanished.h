// When addresses vanished from a directory, and whether too many have vanished
// to believe the directory. A half-loaded replica loses many addresses within
// minutes; people leave one by one.

#ifndef MAILVERDICT_LIB_CORE_VANISHED_H_
#define MAILVERDICT_LIB_CORE_VANISHED_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "lib/core/answer.h"
#include "lib/policy/policy.h"

namespace mailverdict {

struct Vanished {
  // No more times than this are kept; the oldest is forgotten first. This is
  // one more than the largest limit that a policy can set, because a directory
  // is held (no longer believed) only when the limit is exceeded.
  static constexpr size_t kMax = VanishLimit::kMaxVanished + 1;

  // For each address that was seen once and is still missing, the time at which
  // it was first proven absent. At most kMax times, the latest last, in whole
  // seconds, because stores keep no fractions.
  std::vector<absl::Time> times;

  // Returns the values of a Present report, one for each time:
  // "2026-11-24T04:00:00Z".
  std::vector<std::string> ToValues() const;
  // The inverse of ToValues; nullopt if the answer has no such values.
  static std::optional<Vanished> From(const Answer& answer);
};

// Whether more than `count` of `times` (in any order) are within one span of
// the length `within`, both ends included. If `count` is Vanished::kMax or
// more, this is never true for times that a history gives.
bool TooManyVanished(const std::vector<absl::Time>& times, int count,
                     absl::Duration within);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_VANISHED_H_

// The addresses that vanished from a directory, and whether they are too many
// to believe it: a half-loaded replica loses many addresses within minutes,
// people leave one by one.

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
  // More are not kept: beyond it the oldest are forgotten. One more than a
  // policy can allow, or a directory would never be held.
  static constexpr size_t kMax = VanishLimit::kMaxVanished + 1;

  // When addresses, once seen, were first proven absent that are still missing.
  // To the second, as a store keeps them; at most kMax, the latest last.
  std::vector<absl::Time> times;

  // As the values of a Present report: "2026-11-24T04:00:00Z", one each.
  std::vector<std::string> ToValues() const;
  // nullopt when the answer holds no such values.
  static std::optional<Vanished> From(const Answer& answer);
};

// Do more than `count` of them, in whatever order, lie within some span of
// `within`, its ends included? With a `count` of Vanished::kMax or more it is
// never so of what a history tells.
bool TooManyVanished(const std::vector<absl::Time>& times, int count,
                     absl::Duration within);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_VANISHED_H_

// What is remembered of a domain that was proven not to exist.

#ifndef MAILVERDICT_LIB_CORE_MISSING_DOMAIN_H_
#define MAILVERDICT_LIB_CORE_MISSING_DOMAIN_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "lib/core/answer.h"
#include "lib/policy/policy.h"

namespace mailverdict {

// To the second, as a store keeps it.
struct MissingDomain {
  // More messages than this are not told apart.
  static constexpr int kMaxMessages = DomainCheckPolicy::kMaxLearnMessages;
  // One that comes sooner after the one counted before is not counted: what a
  // short outage says of a domain is said to all who ask meanwhile.
  static constexpr absl::Duration kApart = absl::Hours(1);
  // What was found missing longer ago than this counts for nothing: it may have
  // been there in between, unasked. Any MTA tries again within that.
  static constexpr absl::Duration kMaxGap = absl::Hours(24);

  absl::Time first;  // found missing, in one run without a gap
  absl::Time last;
  int messages = 0;  // that met it; attempts of one message count as one
  // What an operator has said: it is learned; and stays so, even if it is there
  // for a while.
  enum class Mark { kNone, kAdded, kPinned };
  Mark mark = Mark::kNone;

  // Whether the policy has it learned by `now`: then one more proof that it is
  // missing rejects.
  bool Learned(const DomainCheckPolicy& policy, absl::Time now) const;

  // As the values of a Present report: "first missing 2026-11-24T04:00:00Z",
  // "last missing ...", "messages 3" and, if an operator has said so, "added"
  // or "pinned".
  std::vector<std::string> ToValues() const;
  // nullopt when the answer holds no such values.
  static std::optional<MissingDomain> From(const Answer& answer);
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_MISSING_DOMAIN_H_

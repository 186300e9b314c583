// Who has passed passes again, as long as what that rests on is fresh: what a
// message cache is to a resolver, in front of its cache of records.

#ifndef MAILVERDICT_LIB_RESOLVE_PASSES_H_
#define MAILVERDICT_LIB_RESOLVE_PASSES_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "lib/core/chain.h"
#include "lib/core/policy.h"

namespace mailverdict {

// Until when the same transaction would be given the same pass, by the same
// answers, and it makes no difference whether it is: InfinitePast for any other
// verdict, and where an answer of another kind, an observation other than of
// presence, or a question asked ahead has a part in it. Pure.
absl::Time FreshUntil(const Policy& policy, const Verdict& verdict);

// Passes only, so whatever is wrong with it, it refuses nobody. One loop's
// thread.
class Passes {
 public:
  // For who is present is written to the history when the verdict is worked
  // out, and the operator's eye is on the log: what is kept says the same for
  // this long at most.
  static constexpr absl::Duration kLongest = absl::Minutes(1);
  // At most; those not asked for lately go, half of them at once.
  static constexpr size_t kMax = 65536;

  explicit Passes(std::shared_ptr<const Policy> policy)
      : policy_(std::move(policy)) {}

  // With another chain what is kept is forgotten.
  void Use(const Chain& chain);

  // Why it passed (Verdict::why), if it did and that is fresh.
  std::optional<std::string_view> Find(const Transaction& transaction);
  // Keeps `verdict` if it may be kept.
  void Keep(const Transaction& transaction, const Verdict& verdict);

  size_t size() const { return young_.size() + old_.size(); }

 private:
  struct Pass {
    std::string_view why;  // static storage, as of a verdict
    absl::Time until;
  };
  using Kept = absl::flat_hash_map<std::string, Pass>;

  absl::string_view KeyOf(const Transaction& transaction);
  void MakeRoom();

  const std::shared_ptr<const Policy> policy_;
  // The stages whose facts the chain reads at each stage.
  absl::flat_hash_map<Stage, StageSet> facts_;
  std::string key_;   // KeyOf's, to keep its memory
  Kept young_, old_;  // what is asked for is young again
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_RESOLVE_PASSES_H_

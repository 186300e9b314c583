// Who has passed passes again, as long as what that rests on is fresh: what a
// message cache is to a resolver, in front of its cache of records.

#ifndef MAILVERDICT_LIB_ENGINE_PASSES_H_
#define MAILVERDICT_LIB_ENGINE_PASSES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "lib/core/chain.h"
#include "lib/history/siphash.h"
#include "lib/policy/policy.h"

namespace mailverdict {

// Until when the same transaction would be given the same pass by the same
// answers, whether or not a cache has room for them so long, and it makes no
// difference whether it is: InfinitePast for any other verdict, and where an
// answer of another kind, an observation other than of presence, or a question
// asked ahead has a part in it. Pure.
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

  explicit Passes(std::shared_ptr<const Policy> policy);

  // With another chain what is kept is forgotten.
  void Use(const Chain& chain);
  void Forget();

  // The pass that it was given, without its trace, if that is fresh; or
  // nullptr. Lives as long as this. Who has logged in is never found, nor who
  // is local (for that who asks sees to): he passes anyway.
  const Verdict* Find(const TransactionView& transaction, absl::Time now);
  // Keeps `verdict` if it may be kept.
  void Keep(const Transaction& transaction, const Verdict& verdict);

  size_t size() const { return young_.size() + old_.size(); }

 private:
  struct Pass {
    const Verdict* verdict;  // in verdicts_
    int64_t until;           // nanoseconds of the epoch
  };
  // By a keyed hash of all that was read: who does not know the key cannot make
  // two collide, and by chance one in 2^48 would be let pass for a minute. So
  // an entry fits into one line of the processor's cache.
  using Kept = absl::flat_hash_map<uint64_t, Pass>;

  uint64_t KeyOf(const TransactionView& transaction) const;
  void MakeRoom();

  const std::shared_ptr<const Policy> policy_;
  const SipHash hash_;
  // By the stage at which the chain is asked, the facts that it reads.
  std::array<FactSet, kStages> facts_;
  Kept young_, old_;  // what is asked for is young again
  std::map<std::string_view, Verdict> verdicts_;  // by why: there are few
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_ENGINE_PASSES_H_

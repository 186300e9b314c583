// Keeps what DNS said for as long as it said, and lets identical lookups that
// are under way share one question.

#ifndef MAILVERDICT_LIB_ENGINE_DNS_CACHE_H_
#define MAILVERDICT_LIB_ENGINE_DNS_CACHE_H_

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "lib/engine/answer_store.h"
#include "lib/loop/executor.h"
#include "lib/policy/policy.h"
#include "lib/resolver/resolver.h"

namespace mailverdict {

// Present is kept for its TTL, the least of its records'; Absent for that of
// its zone's SOA (RFC 2308 5), not at all without one; neither for longer than
// the policy has it, and both for kKeepProof at most where controls vouch for
// them: a domain may come to be, and a listing may end. Unknown is never kept,
// nor is what was asked with_controls and is not vouched for, nor what is
// larger than kMaxKeptBytes: whoever made that may ask for it each time. A TTL
// of zero is for one answer. At most max_cached answers, of which the one
// unused for longest goes first. One loop's thread. A `done` may ask again, and
// may destroy the cache.
class DnsCache final : public NameResolver {
 public:
  static constexpr absl::Duration kKeepProof = absl::Seconds(30);
  static constexpr size_t kMaxKeptBytes =
      2000;  // of values; a million take 2 GB

  // The others outlive the cache.
  DnsCache(std::shared_ptr<const Policy> policy, Executor* executor,
           NameResolver* resolver);

  void Resolve(const DnsLookup& lookup, Done done) override;

  // A server is not to be believed, of what is in a list or, with nullptr, of
  // names: forgets what controls vouched for there, and which names it said do
  // not exist. Constant time.
  void Distrust(const std::string& server, const DnsList* list);

  size_t size() const { return kept_.size(); }

 private:
  bool Distrusted(const DnsLookup& lookup, const Answer& answer) const;
  void Keep(const DnsLookup& lookup, const Answer& answer);

  const std::shared_ptr<const Policy> policy_;
  Executor* const executor_;
  NameResolver* const resolver_;
  AnswerStore kept_;
  SharedQuestions<DnsLookup> questions_;
  // What it said until then, of that kind.
  absl::flat_hash_map<std::pair<std::string, const DnsList*>, absl::Time>
      distrusted_;
  // Gone when the cache is: an answer that comes later is dropped.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_ENGINE_DNS_CACHE_H_

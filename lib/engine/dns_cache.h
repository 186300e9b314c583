// A cache in front of DNS.

#ifndef MAILVERDICT_LIB_ENGINE_DNS_CACHE_H_
#define MAILVERDICT_LIB_ENGINE_DNS_CACHE_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "lib/engine/answer_store.h"
#include "lib/loop/executor.h"
#include "lib/policy/policy.h"
#include "lib/resolver/resolver.h"

namespace mailverdict {

// Present is kept for its TTL, the least of its records'; Absent for the TTL of
// its zone's SOA (RFC 2308 5), and not at all without one. Neither is kept for
// longer than the policy says. A proven answer is kept for kKeepProof at most:
// a domain may come to be, and a listing may end. Not kept are
// - Unknown,
// - answers that were asked for with controls and are not proven,
// - answers larger than kMaxKeptBytes, which their maker may pay for each time,
// - answers with a TTL of zero.
// The cache holds max_cached answers at most, and drops the least recently used
// first. Identical lookups that are under way share one question. One loop's
// thread. A `done` may ask again, and may destroy the cache.
class DnsCache final : public NameResolver {
 public:
  static constexpr absl::Duration kKeepProof = absl::Seconds(30);
  static constexpr size_t kMaxKeptBytes =
      2000;  // of values; a million take 2 GB

  // The others outlive the cache.
  DnsCache(std::shared_ptr<const Policy> policy, Executor* executor,
           NameResolver* resolver);

  // The answer that is kept; nullopt if DNS has to be asked.
  std::optional<Answer> Find(const DnsLookup& lookup);

  void Resolve(const DnsLookup& lookup, Done done) override;

  // A server has just failed its controls: those of `list`, or those of names
  // for nullptr. Forgets what it proved of that kind and, for names, which of
  // them it said do not exist. Constant time.
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
  // When a server last failed its controls of a kind. Its earlier answers of
  // that kind are forgotten.
  absl::flat_hash_map<std::pair<std::string, const DnsList*>, absl::Time>
      distrusted_;
  // Reset by the destructor, so that later answers are dropped.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_ENGINE_DNS_CACHE_H_

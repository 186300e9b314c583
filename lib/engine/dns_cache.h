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

// Keeps a Present for the lowest TTL of its records, and an Absent for the TTL
// of its zone's SOA (RFC 2308 5); without an SOA it is not kept. The policy
// limits both times. A proven answer is kept for kKeepProof at most, because a
// domain may come to exist, and a listing may end. These are not kept:
// - Unknown,
// - an answer that was asked for with controls and is not proven,
// - an answer larger than kMaxKeptBytes,
// - an answer with a TTL of zero.
// The cache holds max_cached answers at most, and drops the least recently used
// first. Identical lookups that are under way share one question. Loop's thread
// only. A callback may call Resolve again, and may destroy the cache.
class DnsCache final : public NameResolver {
 public:
  static constexpr absl::Duration kKeepProof = absl::Seconds(30);
  // The most bytes of an answer's values. A stranger decides how large an
  // answer is; with this limit a million answers take 2 GB.
  static constexpr size_t kMaxKeptBytes = 2000;

  // `executor` and `resolver` must outlive the cache.
  DnsCache(std::shared_ptr<const Policy> policy, Executor* executor,
           NameResolver* resolver);

  // The answer that is kept; nullopt if DNS has to be asked.
  std::optional<Answer> Find(const DnsLookup& lookup);

  void Resolve(const DnsLookup& lookup, Done done) override;

  // Called when a server has failed controls. `list` is the DNS list whose
  // controls failed; null means the controls of names in general
  // (dns_vouch.h). Forgets the server's proven answers to lookups of that kind
  // and, if `list` is null, also the absences of names that are not proven.
  // Constant time.
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
  // For each server and list (null: names in general), when the server last
  // failed its controls. Distrusted() uses it to ignore earlier answers.
  absl::flat_hash_map<std::pair<std::string, const DnsList*>, absl::Time>
      distrusted_;
  // Reset by the destructor, so that later answers are dropped.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_ENGINE_DNS_CACHE_H_

// Keeps what DNS said for as long as it said, and lets identical lookups that
// are under way share one question.

#ifndef MAILVERDICT_LIB_RESOLVE_DNS_CACHE_H_
#define MAILVERDICT_LIB_RESOLVE_DNS_CACHE_H_

#include <cstddef>
#include <memory>

#include "absl/time/time.h"
#include "lib/resolve/answer_store.h"
#include "lib/resolve/executor.h"
#include "lib/resolve/resolver.h"

namespace mailverdict {

struct DnsCacheOptions {
  size_t max_cached = 100'000;  // answers
  // No answer is kept for longer, whatever its TTL. Of an absence it is short:
  // a domain may come to be, and the resolver behind has a cache of its own.
  absl::Duration keep_present = absl::Hours(24);
  absl::Duration keep_absent = absl::Minutes(5);
};

// Present is kept for its TTL, the least of its records'; Absent for that of
// its zone's SOA (RFC 2308 5), not at all without one; Unknown never. A TTL of
// zero is for one answer. The one unused for longest goes first. One loop's
// thread. A `done` may ask again, and may destroy the cache.
class DnsCache final : public NameResolver {
 public:
  // Both outlive the cache.
  DnsCache(const DnsCacheOptions& options, Executor* executor,
           NameResolver* resolver);

  void Resolve(const DnsLookup& lookup, Done done) override;

  // Forgets the answer to one lookup.
  void Forget(const DnsLookup& lookup);

  // Forgets every absence: the resolver is not to be believed. Constant time.
  void ForgetAbsences() { kept_.ForgetAbsences(); }

  size_t size() const { return kept_.size(); }

 private:
  void Keep(const Answer& answer);

  const DnsCacheOptions options_;
  NameResolver* const resolver_;
  AnswerStore kept_;
  SharedQuestions<DnsLookup> questions_;
  // Gone when the cache is: an answer that comes later is dropped.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_RESOLVE_DNS_CACHE_H_

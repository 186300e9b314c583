// The cache of each kind before a source that knows a crowd: for what is
// measured of a cache that is full of it.

#ifndef MAILVERDICT_LIB_ENGINE_FULL_CACHES_TESTING_H_
#define MAILVERDICT_LIB_ENGINE_FULL_CACHES_TESTING_H_

#include <cstddef>
#include <memory>
#include <optional>

#include "lib/engine/answer_cache.h"
#include "lib/engine/crowd_testing.h"
#include "lib/engine/dns_cache.h"
#include "lib/engine/many_names_testing.h"

namespace mailverdict {

// All of its mailboxes are there, or none is and the controls say so.
class MailboxCache {
 public:
  MailboxCache(bool present, size_t max, Executor* executor)
      : present_(present), source_(present) {
    source_.policy().max_cached = max;
    cache_.emplace(source_.policy(), executor, &source_);
  }
  static MailboxLookup Nth(int i) { return Crowd::Member(i); }
  bool IsRight(const Answer& answer) const {
    return present_ ? answer.present() : answer.proven();
  }
  AnswerCache& cache() { return *cache_; }

 private:
  const bool present_;
  Crowd source_;
  std::optional<AnswerCache> cache_;
};

// All of its names are there, or none is.
class NameCache {
 public:
  NameCache(bool present, size_t max, Executor* executor)
      : present_(present), source_(present) {
    const auto policy = std::make_shared<Policy>();
    policy->dns.max_cached = max;
    cache_.emplace(policy, executor, &source_);
  }
  static DnsLookup Nth(int i) { return ManyNames::Name(i); }
  bool IsRight(const Answer& answer) const {
    return present_ ? answer.present() : answer.absent();
  }
  DnsCache& cache() { return *cache_; }

 private:
  const bool present_;
  ManyNames source_;
  std::optional<DnsCache> cache_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_ENGINE_FULL_CACHES_TESTING_H_

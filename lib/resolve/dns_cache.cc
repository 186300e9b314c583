#include "lib/resolve/dns_cache.h"

#include <algorithm>
#include <utility>

namespace mailverdict {

DnsCache::DnsCache(const DnsCacheOptions& options, Executor* executor,
                   NameResolver* resolver)
    : options_(options),
      resolver_(resolver),
      kept_(options.max_cached, executor) {}

void DnsCache::Resolve(const DnsLookup& lookup, Done done) {
  if (const auto known = kept_.Find(PackedAnswer::KeyOf(lookup))) {
    done(*known);
    return;
  }
  if (!questions_.Join(lookup, std::move(done))) return;
  resolver_->Resolve(lookup,
                     [this, lookup, alive = std::weak_ptr<const bool>(alive_)](
                         const Answer& answer) {
                       if (alive.expired()) return;
                       Keep(answer);
                       questions_.Finish(lookup, answer);
                     });
}

void DnsCache::Forget(const DnsLookup& lookup) {
  kept_.Forget(PackedAnswer::KeyOf(lookup));
}

void DnsCache::Keep(const Answer& answer) {
  if (answer.unknown()) return;
  const absl::Duration most =
      answer.present() ? options_.keep_present : options_.keep_absent;
  kept_.Keep(answer, std::min(answer.dns().ttl, most));
}

}  // namespace mailverdict

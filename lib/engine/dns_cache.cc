#include "lib/engine/dns_cache.h"

#include <algorithm>

namespace mailverdict {

DnsCache::DnsCache(std::shared_ptr<const Policy> policy, Executor* executor,
                   NameResolver* resolver)
    : policy_(std::move(policy)),
      executor_(executor),
      resolver_(resolver),
      kept_(policy_->dns.max_cached, executor) {}

std::optional<Answer> DnsCache::Find(const DnsLookup& lookup) {
  std::optional<Answer> known = kept_.Find(PackedAnswer::KeyOf(lookup));
  if (known.has_value() && Distrusted(lookup, *known)) return std::nullopt;
  return known;
}

void DnsCache::Resolve(const DnsLookup& lookup, Done done) {
  if (const std::optional<Answer> known = Find(lookup)) {
    done(*known);
    return;
  }
  if (!questions_.Join(lookup, std::move(done))) return;
  resolver_->Resolve(lookup,
                     [this, lookup, alive = std::weak_ptr<const bool>(alive_)](
                         const Answer& answer) {
                       if (alive.expired()) return;
                       Keep(lookup, answer);
                       questions_.Finish(lookup, answer);
                     });
}

void DnsCache::Distrust(const std::string& server, const DnsList* list) {
  distrusted_[{server, list}] = executor_->Now();
}

bool DnsCache::Distrusted(const DnsLookup& lookup, const Answer& answer) const {
  if (distrusted_.empty()) return false;
  const DnsList* const list = policy_->FindListOfName(lookup.name);
  // These answers stay, because they cannot reject: they are not proven, and no
  // absence of a name is among them.
  if (!lookup.with_controls && (answer.present() || list != nullptr)) {
    return false;
  }
  const Origin& origin = answer.origin();
  const auto until = distrusted_.find({origin.server, list});
  return until != distrusted_.end() && origin.received <= until->second;
}

void DnsCache::Keep(const DnsLookup& lookup, const Answer& answer) {
  if (answer.unknown()) return;
  if (lookup.with_controls && !answer.proven()) return;
  const DnsPolicy& dns = policy_->dns;
  size_t bytes = 0;
  for (const std::string& value : answer.values()) bytes += value.size();
  if (bytes > kMaxKeptBytes) return;
  const absl::Duration most =
      answer.absent() ? dns.keep_absent : dns.keep_present;
  kept_.Keep(answer, std::min({answer.dns().ttl, most,
                               lookup.with_controls ? kKeepProof : most}));
}

}  // namespace mailverdict

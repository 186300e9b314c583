#include "lib/history/memory_history.h"

#include <algorithm>
#include <utility>

#include "absl/hash/hash.h"
#include "lib/core/mailbox_seen.h"

namespace mailverdict {
namespace {

uint64_t HashOf(const HistoryLookup& lookup) {
  return absl::Hash<HistoryLookup>()(lookup);
}

uint32_t Seconds(absl::Time time) {
  return static_cast<uint32_t>(absl::ToUnixSeconds(time));
}

}  // namespace

const MemoryHistory::Seen* MemoryHistory::Find(uint64_t key) const {
  for (const Map* map : {&young_, &old_}) {
    const auto found = map->find(key);
    if (found != map->end()) return &found->second;
  }
  return nullptr;
}

Report MemoryHistory::Read(const HistoryLookup& lookup) {
  const Seen* found = Find(HashOf(lookup));
  if (found == nullptr) return Report::Absent(lookup);
  MailboxSeen seen{absl::FromUnixSeconds(found->last_seen)};
  if (found->vanished != 0) {
    seen.vanished = absl::FromUnixSeconds(found->vanished);
  }
  return Report::Present(lookup, seen.ToValues());
}

void MemoryHistory::Write(const Observation& observation) {
  const uint64_t key = HashOf(observation.about);
  Seen now{Seconds(observation.when)};
  if (observation.kind == Observation::Kind::kVanished) {
    const Seen* before = Find(key);
    if (before == nullptr || before->vanished != 0) return;
    now = {before->last_seen, now.last_seen};
  }
  old_.erase(key);
  young_[key] = now;
  if (young_.size() >= std::max<size_t>(max_ / 2, 1)) {
    old_ = std::move(young_);
    young_ = Map();
  }
}

}  // namespace mailverdict

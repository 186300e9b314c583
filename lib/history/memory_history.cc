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

MailboxSeen MemoryHistory::Unpack(const Seen& seen) {
  if (seen.vanished == 0) return {absl::FromUnixSeconds(seen.last_seen)};
  return {absl::FromUnixSeconds(seen.last_seen),
          absl::FromUnixSeconds(seen.vanished),
          absl::FromUnixSeconds(seen.last_missed)};
}

Report MemoryHistory::Read(const HistoryLookup& lookup) {
  const Seen* found = Find(HashOf(lookup));
  if (found == nullptr) return Report::Absent(lookup);
  return Report::Present(lookup, Unpack(*found).ToValues());
}

void MemoryHistory::Write(const Observation& observation) {
  const uint64_t key = HashOf(observation.about);
  switch (observation.kind) {
    case Observation::Kind::kPresent:
      Keep(key, {Seconds(observation.when)});
      break;
    case Observation::Kind::kMissed:
      if (const Seen* before = Find(key)) {
        Keep(key, Missed(*before, observation.when));
      }
      break;
    case Observation::Kind::kGone:
      old_.erase(key);
      young_.erase(key);
      break;
  }
}

MemoryHistory::Seen MemoryHistory::Missed(Seen before, absl::Time now) {
  return {before.last_seen, Seconds(Unpack(before).MissingSince(now)),
          Seconds(now)};
}

void MemoryHistory::Keep(uint64_t key, Seen seen) {
  old_.erase(key);
  young_[key] = seen;
  if (young_.size() >= std::max<size_t>(max_ / 2, 1)) {
    old_ = std::move(young_);
    young_ = Map();
  }
}

}  // namespace mailverdict

// A History in memory: gone with the process.

#ifndef MAILVERDICT_LIB_HISTORY_MEMORY_HISTORY_H_
#define MAILVERDICT_LIB_HISTORY_MEMORY_HISTORY_H_

#include <cstddef>
#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "lib/core/mailbox_seen.h"
#include "lib/history/history.h"

namespace mailverdict {

// Keys are kept as 64-bit hashes, with the seconds of when: some 24 to 48 bytes
// an address. Two addresses with one hash share their memory, and the
// worst that can do is a deferral for the grace period.
class MemoryHistory final : public History {
 public:
  static constexpr size_t kDefaultMax = 4'000'000;

  // Remembers at most `max` addresses; when it is full, those that were not
  // written for longest, up to half of all, are forgotten at once.
  explicit MemoryHistory(size_t max = kDefaultMax) : max_(max) {}

  Report Read(const HistoryLookup& lookup) override;
  void Write(const Observation& observation) override;

  size_t size() const { return young_.size() + old_.size(); }

 private:
  struct Seen {
    uint32_t last_seen;     // seconds of the epoch
    uint32_t vanished = 0;  // 0: not since it was last seen
    uint32_t last_missed = 0;
  };
  using Map = absl::flat_hash_map<uint64_t, Seen>;

  const Seen* Find(uint64_t key) const;
  static MailboxSeen Unpack(const Seen& seen);
  static Seen Missed(Seen before, absl::Time now);
  void Keep(uint64_t key, Seen seen);

  const size_t max_;
  // What is written goes into the young; when that holds half of the maximum it
  // becomes the old, and the old is dropped: no search for a victim, no list.
  Map young_;
  Map old_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_HISTORY_MEMORY_HISTORY_H_

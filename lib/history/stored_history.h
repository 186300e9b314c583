// A History on any Store.

#ifndef MAILVERDICT_LIB_HISTORY_STORED_HISTORY_H_
#define MAILVERDICT_LIB_HISTORY_STORED_HISTORY_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "lib/core/lookup.h"
#include "lib/core/mailbox_seen.h"
#include "lib/history/history.h"
#include "lib/history/siphash.h"
#include "lib/history/store.h"

namespace mailverdict {

// Addresses are kept as 64-bit hashes, keyed with the store's salt: the file
// lists nobody. Two addresses with one hash share their memory, and the worst
// that can do is a deferral for the grace period.
//
// In the store, numbers the least byte first:
//   'm' hash(directory:address) -> last seen [, vanished, last missed]
//   'v' hash(directory)         -> per vanished address: its hash, when
// Times are 32-bit seconds of the epoch (until 2106). An 'm' of another length
// counts as seen, and not missing: whom we once knew is doubted to be gone.
class StoredHistory : public History {
 public:
  static constexpr size_t kDefaultMax = 4'000'000;

  // Who is present again this soon after is not written again: a mailbox in use
  // costs one write an hour, not one a message. When it was last present is
  // told to people only; grace and gap (72 and 24 hours) are counted from
  // absences, and those are written each time.
  static constexpr absl::Duration kPresentAgain = absl::Hours(1);

  explicit StoredHistory(std::unique_ptr<Store> store);

  Report Read(const HistoryLookup& lookup) override;
  void Write(const Observation& observation) override;
  absl::Status Release(std::string_view directory) override;

  // For tests and commands.
  Store* store() { return store_.get(); }
  size_t size() const { return store_->size(); }

 private:
  struct Mailbox {
    std::string_view directory;
    uint64_t hash;
    std::string key;  // in the store
  };
  Mailbox MailboxOf(std::string_view key) const;
  std::string VanishedKey(std::string_view directory) const;

  void WritePresent(const Mailbox& mailbox, absl::Time when);
  void WriteMissed(const Mailbox& mailbox, absl::Time when);
  void AddVanished(const Mailbox& mailbox, absl::Time when);
  void TakeOutVanished(const Mailbox& mailbox);

  const std::unique_ptr<Store> store_;
  const SipHash hash_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_HISTORY_STORED_HISTORY_H_

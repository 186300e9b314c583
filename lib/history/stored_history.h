// A History on any Store.

#ifndef MAILVERDICT_LIB_HISTORY_STORED_HISTORY_H_
#define MAILVERDICT_LIB_HISTORY_STORED_HISTORY_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

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
//   'd' domain                  -> first missing, last missing, when the last
//                                  message was counted, 1 byte: mark, and per
//                                  counted message: 32 bits of its hash
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

  // Missing domains are whatever strangers write, and must not push out the
  // mailboxes: new ones are remembered at this pace, after a burst.
  static constexpr double kNewDomainsPerSecond = 0.2;
  static constexpr double kNewDomainsAtOnce = 1000;

  explicit StoredHistory(std::unique_ptr<Store> store);

  Report Read(const HistoryLookup& lookup) override;
  void Write(const Observation& observation) override;
  absl::Status Release(std::string_view directory) override;
  absl::Status MarkDomain(const std::string& domain, MissingDomain::Mark mark,
                          absl::Time now) override;
  absl::Status ForgetDomain(const std::string& domain) override;
  absl::Status ForEachDomain(const DomainVisitor& visit) override;

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
  std::string KeyOf(const HistoryLookup& lookup) const;
  static std::vector<std::string> ValuesOf(HistoryLookup::Kind kind,
                                           std::string_view stored);

  void WriteMailbox(const Observation& observation);
  void WriteDomain(const Observation& observation);
  bool MayAddDomain(absl::Time now);
  void WritePresent(const Mailbox& mailbox, absl::Time when);
  void WriteMissed(const Mailbox& mailbox, absl::Time when);
  void AddVanished(const Mailbox& mailbox, absl::Time when);
  void TakeOutVanished(const Mailbox& mailbox);

  const std::unique_ptr<Store> store_;
  const SipHash hash_;
  double new_domains_ = kNewDomainsAtOnce;  // that may be remembered
  absl::Time refilled_ = absl::InfinitePast();
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_HISTORY_STORED_HISTORY_H_

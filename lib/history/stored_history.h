// A History that keeps its records in a Store.

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

// Addresses are stored as 64-bit hashes, keyed with the store's salt, so that
// the file does not list the users. Two addresses with the same hash share a
// record. The worst effect is that an unknown address is deferred during the
// grace period.
//
// The records, with little-endian numbers:
//   'm' hash(directory:address) -> last seen [, vanished, last missed]
//   'v' hash(directory)         -> for each vanished address: its hash, when it
//                                  vanished
//   'd' domain                  -> first missing, last missing, when the last
//                                  message was counted, 1 byte: mark; then for
//                                  each counted message 32 bits of its hash
// Times are seconds since 1970 in 32 bits (until 2106). If an 'm' record has
// another length, it counts as a mailbox that was seen and is not missing. So
// damage can only defer mail.
class StoredHistory : public History {
 public:
  // A mailbox that is seen again within this time is not written again. So a
  // mailbox in use costs one write an hour, and not one a message. The delay
  // does no harm: "last seen" is only shown to people. The grace period (72
  // hours by default) and MailboxSeen::kMaxGap (24 hours) are counted from
  // absences, which are always written.
  static constexpr absl::Duration kSeenRewrite = absl::Hours(1);

  // The limits for new missing domains: a rate, and the size of a burst.
  // Strangers choose these names, and their entries must not push mailboxes out
  // of the store.
  static constexpr double kNewDomainsPerSecond = 0.2;
  static constexpr double kNewDomainsAtOnce = 1000;

  // Owns the store. See History for threads and errors.
  explicit StoredHistory(std::unique_ptr<Store> store);

  Report Read(const HistoryLookup& lookup) override;
  void Write(const Observation& observation) override;
  absl::Status ReleaseHold(std::string_view directory) override;
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
    uint64_t hash;    // of directory:address
    std::string key;  // of its record in the store
  };
  // The functions that read and write one kind of history.
  struct Kind {
    HistoryLookup::Kind kind;
    // The key in the store, for the key of a lookup.
    std::string (StoredHistory::*key)(std::string_view key) const;
    // The values of a Present report, for the value in the store.
    std::vector<std::string> (*values)(std::string_view stored);
    // nullptr: there are no observations of this kind.
    void (StoredHistory::*write)(const Observation& observation);
  };

  // The one table of the kinds in this class.
  static const Kind& KindOf(HistoryLookup::Kind kind);
  Mailbox MailboxOf(std::string_view key) const;
  std::string MailboxKey(std::string_view mailbox) const;
  std::string VanishedKey(std::string_view directory) const;
  std::string DomainKey(std::string_view domain) const;

  void WriteMailbox(const Observation& observation);
  void WriteDomain(const Observation& observation);
  bool TakeDomainToken(absl::Time now);
  void WritePresent(const Mailbox& mailbox, absl::Time when);
  void WriteMissed(const Mailbox& mailbox, absl::Time when);
  void AddVanished(const Mailbox& mailbox, absl::Time when);
  void RemoveVanished(const Mailbox& mailbox);

  const std::unique_ptr<Store> store_;
  const SipHash hash_;
  // A token bucket: the number of new domains that may be remembered, as of
  // refilled_.
  double domain_tokens_ = kNewDomainsAtOnce;
  absl::Time refilled_ = absl::InfinitePast();
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_HISTORY_STORED_HISTORY_H_

#include "lib/history/stored_history.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "lib/core/history_kind.h"
#include "lib/core/vanished.h"
#include "lib/history/little_endian.h"
#include "lib/mail/cursor.h"

namespace mailverdict {
namespace {

constexpr char kMailbox = 'm';
constexpr char kVanished = 'v';
constexpr char kDomain = 'd';

uint32_t Seconds(absl::Time time) {
  return static_cast<uint32_t>(
      std::clamp<int64_t>(absl::ToUnixSeconds(time), 0, UINT32_MAX));
}

bool Missing(const MailboxSeen& seen) {
  return seen.vanished != absl::InfiniteFuture();
}

std::string Pack(const MailboxSeen& seen) {
  std::string value;
  AppendNumber(Seconds(seen.last_seen), &value);
  if (Missing(seen)) {
    AppendNumber(Seconds(seen.vanished), &value);
    AppendNumber(Seconds(seen.last_missed), &value);
  }
  return value;
}

MailboxSeen Unpack(std::string_view value) {
  mail::Cursor in(value);
  const auto take = [&in] {
    return absl::FromUnixSeconds(TakeNumber<uint32_t>(&in).value_or(0));
  };
  MailboxSeen seen{take()};
  if (value.size() != 12) return seen;
  seen.vanished = take();
  seen.last_missed = take();
  return seen;
}

struct VanishedMailbox {
  uint64_t hash;
  uint32_t when;
};
using VanishedMailboxes = std::vector<VanishedMailbox>;  // oldest first

std::string Pack(const VanishedMailboxes& mailboxes) {
  std::string value;
  for (const VanishedMailbox& each : mailboxes) {
    AppendNumber(each.hash, &value);
    AppendNumber(each.when, &value);
  }
  return value;
}

VanishedMailboxes UnpackVanished(std::string_view value) {
  VanishedMailboxes mailboxes;
  mail::Cursor in(value);
  for (;;) {
    const auto hash = TakeNumber<uint64_t>(&in);
    const auto when = TakeNumber<uint32_t>(&in);
    if (!hash.has_value() || !when.has_value()) return mailboxes;
    mailboxes.push_back({*hash, *when});
  }
}

static_assert(Vanished::kMax * 12 <= Store::kMaxValueBytes);

bool Remove(uint64_t hash, VanishedMailboxes* from) {
  const auto end =
      std::remove_if(from->begin(), from->end(),
                     [hash](const auto& each) { return each.hash == hash; });
  const bool found = end != from->end();
  from->erase(end, from->end());
  return found;
}

struct StoredDomain {
  MissingDomain domain;
  absl::Time counted;              // when a message was counted last
  std::vector<uint32_t> messages;  // hashes of the counted messages
};

std::string Pack(const StoredDomain& stored) {
  std::string value;
  AppendNumber(Seconds(stored.domain.first), &value);
  AppendNumber(Seconds(stored.domain.last), &value);
  AppendNumber(Seconds(stored.counted), &value);
  value.push_back(static_cast<char>(stored.domain.mark));
  for (const uint32_t message : stored.messages) AppendNumber(message, &value);
  return value;
}

// nullopt if `value` is not as Pack writes it.
std::optional<StoredDomain> UnpackDomain(std::string_view value) {
  mail::Cursor in(value);
  const auto first = TakeNumber<uint32_t>(&in);
  const auto last = TakeNumber<uint32_t>(&in);
  const auto counted = TakeNumber<uint32_t>(&in);
  const auto mark = TakeNumber<uint8_t>(&in);
  if (!first.has_value() || !last.has_value() || !counted.has_value() ||
      !mark.has_value() ||
      *mark > static_cast<int>(MissingDomain::Mark::kPinned)) {
    return std::nullopt;
  }
  StoredDomain stored;
  stored.domain.first = absl::FromUnixSeconds(*first);
  stored.domain.last = absl::FromUnixSeconds(*last);
  stored.counted = absl::FromUnixSeconds(*counted);
  stored.domain.mark = static_cast<MissingDomain::Mark>(*mark);
  while (const auto message = TakeNumber<uint32_t>(&in)) {
    stored.messages.push_back(*message);
  }
  if (!in.done() || stored.messages.size() > MissingDomain::kMaxMessages) {
    return std::nullopt;
  }
  stored.domain.messages = static_cast<int>(stored.messages.size());
  return stored;
}

// The values of a Report for each kind of record; none if it is damaged.

std::vector<std::string> MailboxValues(std::string_view stored) {
  return Unpack(stored).ToValues();
}

std::vector<std::string> VanishedValues(std::string_view stored) {
  Vanished vanished;
  for (const VanishedMailbox& each : UnpackVanished(stored)) {
    vanished.times.push_back(absl::FromUnixSeconds(each.when));
  }
  if (vanished.times.empty()) return {};
  return vanished.ToValues();
}

std::vector<std::string> DomainValues(std::string_view stored) {
  const std::optional<StoredDomain> domain = UnpackDomain(stored);
  if (!domain.has_value()) return {};
  return domain->domain.ToValues();
}

// Counts one more message whose domain was missing. After a gap, or when the
// clock has gone back, counting starts anew, because the domain may have
// existed in between. Retries of one message count once. So do messages that
// come close together: a single outage must not look like many misses.
void AddMiss(const Observation& miss, const SipHash& hash,
             StoredDomain* stored) {
  MissingDomain& domain = stored->domain;
  const bool unbroken = !stored->messages.empty() && domain.last <= miss.when &&
                        miss.when - domain.last <= MissingDomain::kMaxGap;
  if (!unbroken) {
    stored->messages.clear();
    domain.first = miss.when;
    stored->counted = absl::InfinitePast();
  }
  domain.last = miss.when;
  const auto message = static_cast<uint32_t>(hash(miss.message));
  std::vector<uint32_t>& messages = stored->messages;
  if (miss.when - stored->counted < MissingDomain::kMinMessageInterval ||
      messages.size() >= MissingDomain::kMaxMessages ||
      std::find(messages.begin(), messages.end(), message) != messages.end()) {
    return;
  }
  messages.push_back(message);
  stored->counted = miss.when;
}

std::string KeyFor(char kind, uint64_t hash) {
  std::string key(1, kind);
  AppendNumber(hash, &key);
  return key;
}

}  // namespace

StoredHistory::StoredHistory(std::unique_ptr<Store> store)
    : store_(std::move(store)), hash_(store_->salt()) {}

StoredHistory::Mailbox StoredHistory::MailboxOf(std::string_view key) const {
  const uint64_t hash = hash_(key);
  return {key.substr(0, key.find(':')), hash, KeyFor(kMailbox, hash)};
}

std::string StoredHistory::MailboxKey(std::string_view mailbox) const {
  return KeyFor(kMailbox, hash_(mailbox));
}

std::string StoredHistory::VanishedKey(std::string_view directory) const {
  return KeyFor(kVanished, hash_(directory));
}

std::string StoredHistory::DomainKey(std::string_view domain) const {
  return kDomain + std::string(domain);
}

const StoredHistory::Kind& StoredHistory::KindOf(HistoryLookup::Kind kind) {
  static constexpr Kind kKinds[] = {
      {HistoryLookup::Kind::kMailboxSeen, &StoredHistory::MailboxKey,
       &MailboxValues, &StoredHistory::WriteMailbox},
      {HistoryLookup::Kind::kVanished, &StoredHistory::VanishedKey,
       &VanishedValues, nullptr},
      {HistoryLookup::Kind::kMissingDomain, &StoredHistory::DomainKey,
       &DomainValues, &StoredHistory::WriteDomain},
  };
  static_assert(std::size(kKinds) == std::size(kHistoryKinds));
  return *std::find_if(std::begin(kKinds), std::end(kKinds),
                       [kind](const Kind& each) { return each.kind == kind; });
}

Report StoredHistory::Read(const HistoryLookup& lookup) {
  const Kind& kind = KindOf(lookup.kind);
  const absl::StatusOr<std::optional<std::string>> value =
      store_->Get((this->*kind.key)(lookup.key));
  if (!value.ok()) {
    return Report::Unknown(lookup, std::string(value.status().message()));
  }
  if (!value->has_value()) return Report::Absent(lookup);
  std::vector<std::string> values = kind.values(**value);
  if (values.empty()) return Report::Absent(lookup);
  return Report::Present(lookup, std::move(values));
}

void StoredHistory::Write(const Observation& observation) {
  const Kind& kind = KindOf(observation.about.kind);
  if (kind.write != nullptr) (this->*kind.write)(observation);
}

void StoredHistory::WriteMailbox(const Observation& observation) {
  const Mailbox mailbox = MailboxOf(observation.about.key);
  switch (observation.kind) {
    case Observation::Kind::kPresent:
      WritePresent(mailbox, observation.when);
      break;
    case Observation::Kind::kMissed:
      WriteMissed(mailbox, observation.when);
      break;
    case Observation::Kind::kGone:
      RemoveVanished(mailbox);
      store_->Erase(mailbox.key).IgnoreError();
      break;
  }
}

// Hardly any domain that exists is remembered, so a presence mostly costs one
// read and no write. A domain that an operator has pinned stays even if it
// exists.
void StoredHistory::WriteDomain(const Observation& observation) {
  const std::string key = DomainKey(observation.about.key);
  if (key.size() > Store::kMaxKeyBytes) return;
  const auto value = store_->Get(key);
  if (!value.ok()) return;
  std::optional<StoredDomain> stored;
  if (value->has_value()) stored = UnpackDomain(**value);
  if (observation.kind != Observation::Kind::kMissed) {
    const bool pinned = stored.has_value() &&
                        stored->domain.mark == MissingDomain::Mark::kPinned;
    if (value->has_value() && !pinned) store_->Erase(key).IgnoreError();
    return;
  }
  if (!stored.has_value()) {
    if (!TakeDomainToken(observation.when)) return;
    stored.emplace();
  }
  AddMiss(observation, hash_, &*stored);
  store_->Put(key, Pack(*stored)).IgnoreError();
}

// Takes a token for one more new domain. Returns false if there is none.
bool StoredHistory::TakeDomainToken(absl::Time now) {
  if (now > refilled_) {
    const double seconds = absl::ToDoubleSeconds(now - refilled_);
    domain_tokens_ = std::min(kNewDomainsAtOnce,
                              domain_tokens_ + seconds * kNewDomainsPerSecond);
    refilled_ = now;
  }
  if (domain_tokens_ < 1) return false;
  domain_tokens_ -= 1;
  return true;
}

absl::Status StoredHistory::MarkDomain(const std::string& domain,
                                       MissingDomain::Mark mark,
                                       absl::Time now) {
  const std::string key = DomainKey(domain);
  const auto value = store_->Get(key);
  if (!value.ok()) return value.status();
  std::optional<StoredDomain> stored;
  if (value->has_value()) stored = UnpackDomain(**value);
  if (!stored.has_value()) {
    stored.emplace();
    stored->domain.first = stored->domain.last = now;
  }
  stored->domain.mark = mark;
  return store_->Put(key, Pack(*stored));
}

absl::Status StoredHistory::ForgetDomain(const std::string& domain) {
  const std::string key = DomainKey(domain);
  const auto value = store_->Get(key);
  if (!value.ok()) return value.status();
  if (!value->has_value()) return absl::NotFoundError("it is not remembered");
  return store_->Erase(key);
}

absl::Status StoredHistory::ForEachDomain(const DomainVisitor& visit) {
  return store_->ForEach(
      std::string(1, kDomain),
      [&visit](std::string_view key, std::string_view value) {
        const std::optional<StoredDomain> stored = UnpackDomain(value);
        return !stored.has_value() || visit(key.substr(1), stored->domain);
      });
}

// The functions below ignore errors, because the store logs them. They write
// the list of vanished mailboxes before the mailbox: if only the first write
// reaches the disk, the next observation repairs the mailbox.

void StoredHistory::WritePresent(const Mailbox& mailbox, absl::Time when) {
  const auto value = store_->Get(mailbox.key);
  const bool known = value.ok() && value->has_value();
  const MailboxSeen before = known ? Unpack(**value) : MailboxSeen{when};
  if (known && !Missing(before)) {
    // A negative duration means that the clock went back. Then the mailbox is
    // written, or "last seen" would stay in the future.
    const absl::Duration since = when - before.last_seen;
    if (since >= absl::ZeroDuration() && since < kSeenRewrite) return;
  } else {
    RemoveVanished(mailbox);
  }
  store_->Put(mailbox.key, Pack(MailboxSeen{when})).IgnoreError();
}

void StoredHistory::WriteMissed(const Mailbox& mailbox, absl::Time when) {
  const auto value = store_->Get(mailbox.key);
  // A mailbox that was never seen cannot vanish.
  if (!value.ok() || !value->has_value()) return;
  MailboxSeen seen = Unpack(**value);
  if (!Missing(seen)) AddVanished(mailbox, when);
  seen.vanished = seen.MissingSince(when);
  seen.last_missed = when;
  store_->Put(mailbox.key, Pack(seen)).IgnoreError();
}

void StoredHistory::AddVanished(const Mailbox& mailbox, absl::Time when) {
  const std::string key = VanishedKey(mailbox.directory);
  const auto value = store_->Get(key);
  if (!value.ok()) return;
  VanishedMailboxes all = UnpackVanished(value->value_or(""));
  Remove(mailbox.hash, &all);
  const VanishedMailbox added{mailbox.hash, Seconds(when)};
  const auto later = [](const auto& a, const auto& b) {
    return a.when < b.when;
  };
  all.insert(std::upper_bound(all.begin(), all.end(), added, later), added);
  if (all.size() > Vanished::kMax) {
    all.erase(all.begin(), all.end() - Vanished::kMax);
  }
  store_->Put(key, Pack(all)).IgnoreError();
}

void StoredHistory::RemoveVanished(const Mailbox& mailbox) {
  const std::string key = VanishedKey(mailbox.directory);
  const auto value = store_->Get(key);
  if (!value.ok() || !value->has_value()) return;
  VanishedMailboxes all = UnpackVanished(**value);
  if (!Remove(mailbox.hash, &all)) return;
  const absl::Status status =
      all.empty() ? store_->Erase(key) : store_->Put(key, Pack(all));
  status.IgnoreError();
}

absl::Status StoredHistory::ReleaseHold(std::string_view directory) {
  return store_->Erase(VanishedKey(directory));
}

}  // namespace mailverdict

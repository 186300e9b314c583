#include "lib/history/stored_history.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "lib/core/vanished.h"
#include "lib/history/little_endian.h"
#include "lib/mail/cursor.h"

namespace mailverdict {
namespace {

constexpr char kMailbox = 'm';
constexpr char kVanished = 'v';

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
using VanishedMailboxes = std::vector<VanishedMailbox>;  // the latest last

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

std::string StoredHistory::VanishedKey(std::string_view directory) const {
  return KeyFor(kVanished, hash_(directory));
}

Report StoredHistory::Read(const HistoryLookup& lookup) {
  const bool mailbox = lookup.kind == HistoryLookup::Kind::kMailboxSeen;
  const absl::StatusOr<std::optional<std::string>> value = store_->Get(
      mailbox ? MailboxOf(lookup.key).key : VanishedKey(lookup.key));
  if (!value.ok()) {
    return Report::Unknown(lookup, std::string(value.status().message()));
  }
  if (!value->has_value()) return Report::Absent(lookup);
  if (mailbox) return Report::Present(lookup, Unpack(**value).ToValues());
  Vanished vanished;
  for (const VanishedMailbox& each : UnpackVanished(**value)) {
    vanished.times.push_back(absl::FromUnixSeconds(each.when));
  }
  if (vanished.times.empty()) return Report::Absent(lookup);
  return Report::Present(lookup, vanished.ToValues());
}

void StoredHistory::Write(const Observation& observation) {
  if (observation.about.kind != HistoryLookup::Kind::kMailboxSeen) return;
  const Mailbox mailbox = MailboxOf(observation.about.key);
  switch (observation.kind) {
    case Observation::Kind::kPresent:
      WritePresent(mailbox, observation.when);
      break;
    case Observation::Kind::kMissed:
      WriteMissed(mailbox, observation.when);
      break;
    case Observation::Kind::kGone:
      TakeOutVanished(mailbox);
      store_->Erase(mailbox.key).IgnoreError();
      break;
  }
}

// Errors are the store's to log. The list of the vanished is written before the
// mailbox: should only the first of them reach the disk, the next observation
// makes it good.

void StoredHistory::WritePresent(const Mailbox& mailbox, absl::Time when) {
  const auto value = store_->Get(mailbox.key);
  const bool known = value.ok() && value->has_value();
  const MailboxSeen before = known ? Unpack(**value) : MailboxSeen{when};
  if (known && !Missing(before)) {
    const absl::Duration since = when - before.last_seen;
    if (since >= absl::ZeroDuration() && since < kPresentAgain) return;
  } else {
    TakeOutVanished(mailbox);
  }
  store_->Put(mailbox.key, Pack(MailboxSeen{when})).IgnoreError();
}

void StoredHistory::WriteMissed(const Mailbox& mailbox, absl::Time when) {
  const auto value = store_->Get(mailbox.key);
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
  if (all.size() > Vanished::kMax) all.erase(all.begin());
  store_->Put(key, Pack(all)).IgnoreError();
}

void StoredHistory::TakeOutVanished(const Mailbox& mailbox) {
  const std::string key = VanishedKey(mailbox.directory);
  const auto value = store_->Get(key);
  if (!value.ok() || !value->has_value()) return;
  VanishedMailboxes all = UnpackVanished(**value);
  if (!Remove(mailbox.hash, &all)) return;
  const absl::Status status =
      all.empty() ? store_->Erase(key) : store_->Put(key, Pack(all));
  status.IgnoreError();
}

absl::Status StoredHistory::Release(std::string_view directory) {
  return store_->Erase(VanishedKey(directory));
}

}  // namespace mailverdict

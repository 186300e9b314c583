#include "adapters/daemon/lists_in_force.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "adapters/daemon/policy_files.h"
#include "lib/policy/list_loss.h"

namespace mailverdict {
namespace {

using State = ListInForce::State;

absl::StatusOr<ListInForce> Parse(const ListKey& key, std::string text) {
  const auto& [domains, path] = key;
  ListInForce list;
  if (domains) {
    absl::StatusOr<DomainList> parsed = DomainList::Parse(text, path);
    if (!parsed.ok()) return parsed.status();
    list.entries = parsed->size();
    list.domains = std::make_shared<const DomainList>(*std::move(parsed));
  } else {
    absl::StatusOr<mail::AddressFile> parsed =
        mail::ParseAddressFile(text, path);
    if (!parsed.ok()) return parsed.status();
    list.entries = CountEntries(*parsed);
    list.addresses =
        std::make_shared<const mail::AddressFile>(*std::move(parsed));
  }
  list.text = std::make_shared<const std::string>(std::move(text));
  return list;
}

// `before`, which stays in force, with a new state and its reason. A held
// version outlives a broken file, whose entries are unknown: the addresses that
// it made valid stay so until a good version comes.
ListInForce Kept(ListInForce before, State state, std::string why,
                 absl::Time now) {
  if (before.state != state) before.since = now;
  before.state = state;
  before.why = std::move(why);
  if (state == State::kGood) before.held_version = nullptr;
  before.reread = false;
  return before;
}

bool SameEntries(const mail::AddressFile& a, const mail::AddressFile& b) {
  return LossOf(a, b).lost == 0 && LossOf(b, a).lost == 0;
}

}  // namespace

mail::AddressFile ListInForce::ValidAddresses() const {
  return held_version == nullptr ? *addresses
                                 : UnionOf(*addresses, *held_version);
}

absl::StatusOr<ListInForce> ReadList(const ListKey& key,
                                     const ListInForce* before, int max_percent,
                                     bool accepted, absl::Time now) {
  const std::string& path = key.path;
  const FileStamp stamp = StampOf(path);
  absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) {
    const std::string why = absl::StrCat(
        "\"", path, "\" cannot be read: ", text.status().message());
    if (before == nullptr) return absl::InvalidArgumentError(why);
    ListInForce kept = Kept(*before, State::kBroken, why, now);
    // The cause may be the machine and not the file, which will not change
    // then.
    kept.reread = true;
    return kept;
  }
  // The file changed while it was read, so the text may be half of it.
  if (before != nullptr && StampOf(path) != stamp) {
    ListInForce kept = *before;
    kept.reread = true;
    return kept;
  }
  if (before != nullptr && *text == *before->text) {
    return Kept(*before, State::kGood, "", now);
  }
  absl::StatusOr<ListInForce> version = Parse(key, *std::move(text));
  if (version.ok()) version->since = now;
  if (before == nullptr) return version;
  if (!version.ok()) {
    return Kept(*before, State::kBroken,
                std::string(version.status().message()), now);
  }
  // A list of domains refuses mail; a loss there makes nobody lose any.
  if (before->addresses == nullptr) return version;
  const ListLoss loss = LossOf(*before->addresses, *version->addresses);
  if (!IsDoubtful(loss, max_percent)) return version;
  // The operator has seen one version and accepted that one. The file may have
  // changed since.
  if (accepted && before->held_version != nullptr &&
      SameEntries(*before->held_version, *version->addresses)) {
    return version;
  }
  ListInForce held = Kept(*before, State::kHeld,
                          absl::StrCat("it has lost ", loss.lost, " of ",
                                       loss.entries, " entries at once"),
                          now);
  held.held_version = version->addresses;
  return held;
}

bool SameLists(const ListsInForce& a, const ListsInForce& b) {
  const auto same = [](const auto& x, const auto& y) {
    const ListInForce& one = x.second;
    const ListInForce& other = y.second;
    const auto same_held = [&] {
      if (one.held_version == nullptr || other.held_version == nullptr) {
        return one.held_version == other.held_version;
      }
      return SameEntries(*one.held_version, *other.held_version);
    };
    return x.first == y.first &&
           (one.text == other.text || *one.text == *other.text) &&
           (one.held_version == other.held_version || same_held());
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

std::vector<SavedList> ToSavedLists(const ListsInForce& lists) {
  std::vector<SavedList> remembered;
  for (const auto& [key, list] : lists) {
    remembered.push_back({key.of_domains, key.path, list.text});
  }
  return remembered;
}

ListsInForce FromSavedLists(const std::vector<SavedList>& remembered,
                            std::vector<std::string>* alarms) {
  ListsInForce lists;
  for (const SavedList& each : remembered) {
    const ListKey key{each.domains, each.path};
    absl::StatusOr<ListInForce> list = Parse(key, *each.text);
    if (list.ok()) {
      lists.emplace(key, *std::move(list));
    } else {
      alarms->push_back(
          absl::StrCat("what is remembered of the list ", each.path,
                       " is no longer understood (", list.status().message(),
                       "): the file is taken as it is, without a comparison"));
    }
  }
  return lists;
}

}  // namespace mailverdict

#include "lib/policy/policy.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/mail/domain.h"

namespace mailverdict {

std::string VanishLimit::ToString() const {
  return absl::StrCat(vanished, "/", absl::FormatDuration(within));
}

std::string DirectoryPolicy::Arm::ToString() const {
  return subtree.empty() ? name : absl::StrCat(name, " below ", subtree);
}

namespace {

// The number of different entries that are controls of that arm in that
// subtree. Does not allocate, because it runs for every absent answer.
size_t CountEntries(const std::vector<Control>& controls,
                    const std::string& arm, const std::string& subtree) {
  size_t count = 0;
  for (size_t i = 0; i < controls.size(); ++i) {
    // Two controls with one DN count once: they are the same entry, so the
    // second shows nothing more.
    const auto is_same = [&](const Control& other) {
      return other.arm == arm && other.subtree == subtree &&
             absl::EqualsIgnoreCase(other.dn, controls[i].dn);
    };
    const auto begin = controls.begin();
    const auto here = begin + static_cast<ptrdiff_t>(i);
    if (is_same(*here) && std::none_of(begin, here, is_same)) ++count;
  }
  return count;
}

// The arms with exactly `count` control entries, for each subtree.
std::vector<DirectoryPolicy::Arm> ArmsWith(size_t count,
                                           const DirectoryPolicy& directory) {
  std::vector<DirectoryPolicy::Arm> found;
  const auto look = [&](const std::string& arm, const std::string& subtree) {
    if (CountEntries(directory.controls, arm, subtree) == count) {
      found.push_back({arm, subtree});
    }
  };
  for (const FilterTemplate::Arm& arm : directory.filter.arms()) {
    if (directory.subtrees.empty()) look(arm.name, "");
    for (const std::string& subtree : directory.subtrees) {
      look(arm.name, subtree);
    }
  }
  return found;
}

}  // namespace

std::vector<DirectoryPolicy::Arm> DirectoryPolicy::UncoveredArms() const {
  return ArmsWith(0, *this);
}

std::vector<DirectoryPolicy::Arm> DirectoryPolicy::ArmsWithOneControl() const {
  return ArmsWith(1, *this);
}

const DirectoryPolicy* Policy::FindDirectory(std::string_view name) const {
  for (const DirectoryPolicy& directory : directories) {
    if (directory.name == name) return &directory;
  }
  return nullptr;
}

const RealmPolicy* Policy::FindRealm(std::string_view domain) const {
  const std::optional<size_t> realm = realm_by_domain.Find(domain);
  return realm.has_value() ? &realms[*realm] : nullptr;
}

const DnsList* Policy::FindListOfName(std::string_view name) const {
  const auto* dnsbl = FindCheck<DnsblCheckPolicy>();
  if (dnsbl == nullptr) return nullptr;
  for (const DnsList& list : dnsbl->lists) {
    if (mail::IsBelow(name, list.zone)) return &list;
  }
  return nullptr;
}

bool Policy::AsksForNames() const {
  const auto* domain = FindCheck<DomainCheckPolicy>();
  return domain != nullptr && domain->ask_dns;
}

bool Policy::AsksDns() const {
  return AsksForNames() || FindCheck<DnsblCheckPolicy>() != nullptr;
}

bool Policy::IsLocal(const mail::IpAddress& client) const {
  return std::any_of(local_networks.begin(), local_networks.end(),
                     [&client](const mail::IpNetwork& network) {
                       return network.Contains(client);
                     });
}

bool Policy::IsLocal(std::string_view client) const {
  const std::optional<mail::IpAddress> address = mail::ParseIp(client);
  return address.has_value() && IsLocal(*address);
}

}  // namespace mailverdict

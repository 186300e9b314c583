#include "lib/core/policy.h"

#include "absl/strings/str_cat.h"
#include "lib/mail/domain.h"

namespace mailverdict {

std::string HoldLimit::ToString() const {
  return absl::StrCat(vanished, "/", absl::FormatDuration(within));
}

std::string DirectoryPolicy::Arm::ToString() const {
  return subtree.empty() ? name : absl::StrCat(name, " below ", subtree);
}

std::vector<DirectoryPolicy::Arm> DirectoryPolicy::UncoveredArms() const {
  std::vector<Arm> uncovered;
  const auto look = [&](const std::string& arm, const std::string& subtree) {
    for (const Control& control : controls) {
      if (control.arm == arm && control.subtree == subtree) return;
    }
    uncovered.push_back({arm, subtree});
  };
  for (const FilterTemplate::Arm& arm : filter.arms()) {
    if (subtrees.empty()) look(arm.name, "");
    for (const std::string& subtree : subtrees) look(arm.name, subtree);
  }
  return uncovered;
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

const DnsList* Policy::FindList(std::string_view name) const {
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

bool Policy::IsLocal(std::string_view client) const {
  if (local_networks.empty()) return false;
  const std::optional<mail::IpAddress> address = mail::ParseIp(client);
  if (!address.has_value()) return false;
  for (const mail::IpNetwork& network : local_networks) {
    if (network.Contains(*address)) return true;
  }
  return false;
}

}  // namespace mailverdict

#include "lib/core/policy.h"

#include "absl/strings/str_cat.h"

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

const DomainCheckPolicy* Policy::FindDomainCheck() const {
  for (const CheckPolicy& check : checks) {
    if (const auto* domain = std::get_if<DomainCheckPolicy>(&check)) {
      return domain;
    }
  }
  return nullptr;
}

const DnsList* Policy::FindList(std::string_view name) const {
  for (const CheckPolicy& check : checks) {
    const auto* dnsbl = std::get_if<DnsblCheckPolicy>(&check);
    if (dnsbl == nullptr) continue;
    for (const DnsList& list : dnsbl->lists) {
      const std::string& zone = list.zone;
      if (name.size() > zone.size() + 1 &&
          name.substr(name.size() - zone.size()) == zone &&
          name[name.size() - zone.size() - 1] == '.') {
        return &list;
      }
    }
  }
  return nullptr;
}

std::vector<const DnsList*> Policy::Lists() const {
  std::vector<const DnsList*> lists;
  for (const CheckPolicy& check : checks) {
    const auto* dnsbl = std::get_if<DnsblCheckPolicy>(&check);
    if (dnsbl == nullptr) continue;
    for (const DnsList& list : dnsbl->lists) {
      if (FindList(absl::StrCat("any.", list.zone)) == &list) {
        lists.push_back(&list);
      }
    }
  }
  return lists;
}

absl::Duration Policy::BudgetOf(const DnsList& list) const {
  for (const CheckPolicy& check : checks) {
    const auto* dnsbl = std::get_if<DnsblCheckPolicy>(&check);
    if (dnsbl == nullptr) continue;
    for (const DnsList& its : dnsbl->lists) {
      if (&its == &list) return dnsbl->budget;
    }
  }
  return deadline;
}

bool Policy::AsksDns() const {
  for (const CheckPolicy& check : checks) {
    const auto* domain = std::get_if<DomainCheckPolicy>(&check);
    if (domain != nullptr && domain->ask_dns) return true;
    if (std::holds_alternative<DnsblCheckPolicy>(check)) return true;
  }
  return false;
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

#include "lib/core/policy.h"

namespace mailverdict {

std::vector<std::string> DirectoryPolicy::UncoveredArms() const {
  std::vector<std::string> uncovered;
  for (const FilterTemplate::Arm& arm : filter.arms()) {
    bool covered = false;
    for (const Control& control : controls) covered |= control.arm == arm.name;
    if (!covered) uncovered.push_back(arm.name);
  }
  return uncovered;
}

bool Realms::Add(std::string_view domain, size_t realm) {
  if (domain.substr(0, 2) == "*.") {
    return below_.try_emplace(std::string(domain.substr(2)), realm).second;
  }
  return exact_.try_emplace(std::string(domain), realm).second;
}

std::optional<size_t> Realms::Find(std::string_view domain) const {
  const auto exact =
      exact_.find(absl::string_view(domain.data(), domain.size()));
  if (exact != exact_.end()) return exact->second;
  if (below_.empty()) return std::nullopt;
  for (size_t dot = domain.find('.'); dot != std::string_view::npos;
       dot = domain.find('.')) {
    domain.remove_prefix(dot + 1);
    const auto below =
        below_.find(absl::string_view(domain.data(), domain.size()));
    if (below != below_.end()) return below->second;
  }
  return std::nullopt;
}

const DirectoryPolicy* Policy::FindDirectory(std::string_view name) const {
  for (const DirectoryPolicy& directory : directories) {
    if (directory.name == name) return &directory;
  }
  return nullptr;
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

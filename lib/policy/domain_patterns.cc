#include "lib/policy/domain_patterns.h"

namespace mailverdict {

bool DomainPatterns::Add(std::string_view domain, size_t number) {
  if (domain.substr(0, 2) == "*.") {
    return below_.try_emplace(std::string(domain.substr(2)), number).second;
  }
  return exact_.try_emplace(std::string(domain), number).second;
}

std::optional<size_t> DomainPatterns::Find(std::string_view domain) const {
  const auto exact =
      exact_.find(absl::string_view(domain.data(), domain.size()));
  if (exact != exact_.end()) return exact->second;
  if (below_.empty()) return std::nullopt;
  for (size_t dot = domain.find('.'); dot != std::string_view::npos;
       dot = domain.find('.')) {
    // From the longest suffix to the shortest, so the nearest wildcard is found
    // first. The domain itself is not below its own wildcard.
    domain.remove_prefix(dot + 1);
    const auto below =
        below_.find(absl::string_view(domain.data(), domain.size()));
    if (below != below_.end()) return below->second;
  }
  return std::nullopt;
}

}  // namespace mailverdict

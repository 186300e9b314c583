// A map from domains and wildcards to numbers. Used to find the realm, or the
// line of a list, that a domain belongs to. Pure.

#ifndef MAILVERDICT_LIB_POLICY_DOMAIN_PATTERNS_H_
#define MAILVERDICT_LIB_POLICY_DOMAIN_PATTERNS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"

namespace mailverdict {

// A value; thread-safe while it does not change.
class DomainPatterns {
 public:
  // Adds a canonical domain, or "*." and a canonical domain for all names below
  // it. If `domain` is there already, returns false and changes nothing.
  bool Add(std::string_view domain, size_t number);
  // The number of exactly `domain`, or else of the nearest wildcard above it,
  // or else nullopt.
  std::optional<size_t> Find(std::string_view domain) const;

 private:
  absl::flat_hash_map<std::string, size_t> exact_;
  absl::flat_hash_map<std::string, size_t> below_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_DOMAIN_PATTERNS_H_

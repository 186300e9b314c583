// Domains and wildcards, each with a number: whose is this domain? Pure.

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
  // `domain` is canonical, or "*." and a canonical domain, for all names below
  // it. False, and nothing changes, if it is there already.
  bool Add(std::string_view domain, size_t number);
  // The number of an exact name, else of the nearest wildcard above it.
  std::optional<size_t> Find(std::string_view domain) const;

 private:
  absl::flat_hash_map<std::string, size_t> exact_;
  absl::flat_hash_map<std::string, size_t> below_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_DOMAIN_PATTERNS_H_

// Settings that an operator changed at run time. They take precedence over the
// policy.

#ifndef MAILVERDICT_LIB_POLICY_OVERRIDES_H_
#define MAILVERDICT_LIB_POLICY_OVERRIDES_H_

#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "lib/policy/policy.h"

namespace mailverdict {

// The overrides of one directory. nullopt: the policy's value is in force.
struct DirectoryOverrides {
  std::optional<absl::Duration> grace;
  std::optional<VanishLimit> hold;
};

// Overrides by the name of the directory.
using Overrides = absl::flat_hash_map<std::string, DirectoryOverrides>;

// The value in force: the override if there is one, else the value of the
// policy.
absl::Duration GraceOf(const DirectoryPolicy& directory,
                       const Overrides& overrides);
VanishLimit VanishLimitOf(const DirectoryPolicy& directory,
                      const Overrides& overrides);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_OVERRIDES_H_

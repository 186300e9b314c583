// What an operator has set while a policy is at work, in place of what it says.

#ifndef MAILVERDICT_LIB_POLICY_OVERRIDES_H_
#define MAILVERDICT_LIB_POLICY_OVERRIDES_H_

#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "lib/policy/policy.h"

namespace mailverdict {

// Of one directory. nullopt: the policy's.
struct DirectoryOverrides {
  std::optional<absl::Duration> grace;
  std::optional<VanishLimit> hold;
};

// By the directory's name.
using Overrides = absl::flat_hash_map<std::string, DirectoryOverrides>;

// What is in force: of the overrides, else of the policy.
absl::Duration GraceOf(const DirectoryPolicy& directory,
                       const Overrides& overrides);
VanishLimit VanishLimitOf(const DirectoryPolicy& directory,
                      const Overrides& overrides);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_OVERRIDES_H_

#include "lib/policy/overrides.h"

namespace mailverdict {
namespace {

DirectoryOverrides Of(const DirectoryPolicy& directory,
                      const Overrides& overrides) {
  const auto found = overrides.find(directory.name);
  return found == overrides.end() ? DirectoryOverrides() : found->second;
}

}  // namespace

absl::Duration GraceOf(const DirectoryPolicy& directory,
                       const Overrides& overrides) {
  return Of(directory, overrides).grace.value_or(directory.grace);
}

VanishLimit VanishLimitOf(const DirectoryPolicy& directory,
                      const Overrides& overrides) {
  return Of(directory, overrides).hold.value_or(directory.hold);
}

}  // namespace mailverdict

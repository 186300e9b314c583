// Parses the overrides that an operator sets. A value is valid here if and only
// if it is valid in a policy. An InvalidArgument status says what to write
// instead.

#ifndef MAILVERDICT_LIB_POLICY_LOADER_OVERRIDES_READER_H_
#define MAILVERDICT_LIB_POLICY_LOADER_OVERRIDES_READER_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lib/policy/overrides.h"

namespace mailverdict {

// Parses a grace period: "72h".
absl::StatusOr<absl::Duration> ReadGrace(std::string_view text);

// Parses the limit of a hold: "5/10m".
absl::StatusOr<VanishLimit> ReadVanishLimit(std::string_view text);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_LOADER_OVERRIDES_READER_H_

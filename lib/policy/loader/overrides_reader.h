// Reads what an operator sets. What is good in a policy is good here, and
// nothing else is. An InvalidArgument error says what to write instead.

#ifndef MAILVERDICT_LIB_POLICY_LOADER_OVERRIDES_READER_H_
#define MAILVERDICT_LIB_POLICY_LOADER_OVERRIDES_READER_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lib/policy/overrides.h"

namespace mailverdict {

// "72h".
absl::StatusOr<absl::Duration> ReadGrace(std::string_view text);

// "5/10m".
absl::StatusOr<VanishLimit> ReadVanishLimit(std::string_view text);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_LOADER_OVERRIDES_READER_H_

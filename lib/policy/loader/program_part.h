// For a program that keeps settings of its own in the policy file, as the
// daemon does: it reads them from the same parsed message, and its errors and
// warnings come in one list with those of the policy.

#ifndef MAILVERDICT_LIB_POLICY_LOADER_PROGRAM_PART_H_
#define MAILVERDICT_LIB_POLICY_LOADER_PROGRAM_PART_H_

#include <functional>
#include <string_view>

#include "absl/status/statusor.h"
#include "lib/policy/loader/loader.h"
#include "lib/policy/loader/node.h"
#include "proto/policy.pb.h"

namespace mailverdict {

// Called once with the whole message, whose form is good. Reports what is wrong
// with the program's fields through the node.
using PartReader = std::function<void(const Node<proto::Policy>& policy)>;

// As LoadPolicy, and calls `read_part`.
absl::StatusOr<LoadedPolicy> LoadPolicyAndPart(std::string_view text,
                                               std::string_view file_name,
                                               const FileReader& read,
                                               const ListReaders& lists,
                                               const PartReader& read_part);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_LOADER_PROGRAM_PART_H_

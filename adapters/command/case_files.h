// Case files (docs/cases.md) on disk, and the policies that they name.

#ifndef MAILVERDICT_ADAPTERS_COMMAND_CASE_FILES_H_
#define MAILVERDICT_ADAPTERS_COMMAND_CASE_FILES_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/cases/case.h"
#include "lib/policy/policy.h"

namespace mailverdict {

struct FiledCase {
  std::string file;
  std::shared_ptr<const Policy> policy;
  Case content;
};

// Of each file below `folder` whose name ends in ".case", in the order of their
// names. A policy is the one that the file names, from where the file is; else
// that in `policy_file`. An error is the first file's that is wrong, or that
// there is none.
absl::StatusOr<std::vector<FiledCase>> ReadCaseFiles(
    const std::string& folder, const std::string& policy_file);

// Tries them all, prints what is wrong and how many there were. The exit status
// of the command: 0, 1 if one is wrong, 78 (EX_CONFIG) if they or the policy
// cannot be read.
int CheckCases(const std::string& folder, const std::string& policy_file);

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_COMMAND_CASE_FILES_H_

// The command `mailverdict check-cases`: reads case files (docs/cases.md) and
// the policies that they name from disk, and runs the cases.

#ifndef MAILVERDICT_ADAPTERS_COMMAND_CASE_FILES_H_
#define MAILVERDICT_ADAPTERS_COMMAND_CASE_FILES_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/cases/case.h"
#include "lib/policy/policy.h"

namespace mailverdict {

// A case with its file and its policy.
struct LoadedCase {
  std::string file;
  std::shared_ptr<const Policy> policy;  // shared by the cases that name it
  Case content;
};

// Reads each file below `folder` whose name ends in ".case", in the order of
// their names. The policy of a case is the one that its file names, relative to
// that file; if it names none, `policy_file`. An error if there are no such
// files, or if a file or policy cannot be read.
absl::StatusOr<std::vector<LoadedCase>> ReadCaseFiles(
    const std::string& folder, const std::string& policy_file);

// Reads these cases, runs them, and prints what is wrong and the number of
// cases. Returns the exit status of the command: 0 if all are right, 1 if one
// is wrong, 78 (EX_CONFIG) if a case file or a policy cannot be read.
int CheckCases(const std::string& folder, const std::string& policy_file);

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_COMMAND_CASE_FILES_H_

// Reads case files (docs/cases.md) from disk, with the policies that they name,
// and runs them: the command `mailverdict check-cases`.

#ifndef MAILVERDICT_ADAPTERS_COMMAND_CASE_FILES_H_
#define MAILVERDICT_ADAPTERS_COMMAND_CASE_FILES_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/cases/case.h"
#include "lib/policy/policy.h"

namespace mailverdict {

// A case, where it was found, and the policy to run it with.
struct FiledCase {
  std::string file;
  std::shared_ptr<const Policy> policy;  // shared by the cases that name it
  Case content;
};

// Reads each file below `folder` whose name ends in ".case", in the order of
// their names. The policy of a case is the one that its file names, relative to
// that file; otherwise `policy_file`. An error if there are no such files;
// otherwise the error of the first file or policy that cannot be read.
absl::StatusOr<std::vector<FiledCase>> ReadCaseFiles(
    const std::string& folder, const std::string& policy_file);

// Runs all these cases, and prints the faults and the number of cases. Returns
// the exit status of the command: 0 if all are right, 1 if one is wrong, 78
// (EX_CONFIG) if a case file or a policy cannot be read.
int CheckCases(const std::string& folder, const std::string& policy_file);

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_COMMAND_CASE_FILES_H_

#include "adapters/command/case_files.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "adapters/daemon/policy_files.h"
#include "adapters/daemon/print_lines.h"
#include "lib/cases/case_reader.h"
#include "lib/cases/run_case.h"

namespace mailverdict {
namespace {

namespace fs = std::filesystem;

constexpr int kWrong = 1;
constexpr int kConfig = 78;

absl::StatusOr<std::vector<std::string>> FilesBelow(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  fs::recursive_directory_iterator at(folder, error);
  for (; !error && at != fs::recursive_directory_iterator();
       at.increment(error)) {
    if (at->path().extension() == ".case") files.push_back(at->path().string());
  }
  if (error) {
    return absl::NotFoundError(absl::StrCat(folder, ": ", error.message()));
  }
  if (files.empty()) {
    return absl::NotFoundError(
        absl::StrCat(folder, ": no file whose name ends in .case"));
  }
  std::sort(files.begin(), files.end());
  return files;
}

// Reads each policy once, though many files name it: a policy may have large
// lists. By path, since two folders may each have a policy of the same name.
class Policies {
 public:
  absl::StatusOr<std::shared_ptr<const Policy>> Read(const std::string& path) {
    std::shared_ptr<const Policy>& policy = read_[path];
    if (policy == nullptr) {
      absl::StatusOr<LoadedPolicy> loaded = ReadPolicyFile(path);
      if (!loaded.ok()) return loaded.status();
      policy = std::make_shared<const Policy>(std::move(loaded->policy));
    }
    return policy;
  }

 private:
  std::map<std::string, std::shared_ptr<const Policy>> read_;
};

absl::Status AddCases(const std::string& file, const std::string& policy_file,
                      Policies* policies, std::vector<LoadedCase>* all) {
  const absl::StatusOr<std::string> text = ReadFile(file);
  if (!text.ok()) return text.status();
  absl::StatusOr<std::vector<Case>> cases = ReadCases(*text, file);
  if (!cases.ok()) return cases.status();
  for (Case& each : *cases) {
    const std::string path =
        each.policy.empty()
            ? policy_file
            : (fs::path(file).parent_path() / each.policy).string();
    if (path.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(
          file,
          ": no policy; name one by --policy, or in the file, before its "
          "cases, by \"policy FILE\""));
    }
    auto policy = policies->Read(path);
    if (!policy.ok()) return policy.status();
    all->push_back({file, *std::move(policy), std::move(each)});
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<LoadedCase>> ReadCaseFiles(
    const std::string& folder, const std::string& policy_file) {
  const absl::StatusOr<std::vector<std::string>> files = FilesBelow(folder);
  if (!files.ok()) return files.status();
  Policies policies;
  std::vector<LoadedCase> all;
  for (const std::string& file : *files) {
    const absl::Status added = AddCases(file, policy_file, &policies, &all);
    if (!added.ok()) return added;
  }
  return all;
}

int CheckCases(const std::string& folder, const std::string& policy_file) {
  const auto cases = ReadCaseFiles(folder, policy_file);
  if (!cases.ok()) {
    PrintLines(stderr, std::string(cases.status().message()));
    return kConfig;
  }
  size_t wrong = 0;
  for (const LoadedCase& each : *cases) {
    const std::vector<CaseFault> faults = RunCase(each.policy, each.content);
    wrong += faults.empty() ? 0 : 1;
    for (const CaseFault& fault : faults) {
      PrintLines(stdout, absl::StrCat(each.file, ":", fault.line, ": ",
                                      each.content.name, ": ", fault.what));
    }
  }
  std::printf("%zu case%s, %zu wrong\n", cases->size(),
              cases->size() == 1 ? "" : "s", wrong);
  return wrong == 0 ? 0 : kWrong;
}

}  // namespace mailverdict

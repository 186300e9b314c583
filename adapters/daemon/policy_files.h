// The policy file, and those of the files that it names that are read again
// when they change.

#ifndef MAILVERDICT_ADAPTERS_DAEMON_POLICY_FILES_H_
#define MAILVERDICT_ADAPTERS_DAEMON_POLICY_FILES_H_

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/core/policy_loader.h"

namespace mailverdict {

// What a regular file has in it; an error names it.
absl::StatusOr<std::string> ReadFile(const std::string& path);

// Reads and checks a policy file and the files that it names.
absl::StatusOr<LoadedPolicy> ReadPolicyFile(const std::string& path);

// The instant_reject_files, and nothing else: of a file of addresses that are
// valid, one that is half written would have the others refused.
std::vector<std::string> WatchedFiles(const Policy& policy);
// The same policy with those read anew. An error names the place.
absl::StatusOr<Policy> ReadWatchedFiles(Policy policy);
// Whether these have the same in them.
bool SameWatchedFiles(const Policy& a, const Policy& b);

// What is different when a file is, as good as always: device, inode, size,
// nanoseconds of its last change. All zero: it is not there.
using FileStamp = std::tuple<uint64_t, uint64_t, uint64_t, int64_t>;

// Whether one of some files has changed. Not thread-safe.
class FileWatch {
 public:
  FileWatch() = default;
  explicit FileWatch(const std::vector<std::string>& paths);

  // To be called now and then. True when one has changed, and has stayed as it
  // is since the last call, so that nobody is just writing it. Each change is
  // told once; so is that a file is there at first, since it may have changed
  // before it was watched. Some system calls a file.
  bool Look();

 private:
  struct File {
    FileStamp known;
    FileStamp last_seen;
  };
  std::map<std::string, File> files_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_DAEMON_POLICY_FILES_H_

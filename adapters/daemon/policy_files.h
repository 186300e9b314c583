// The policy file, the files that it names, and whether one of those has
// changed since it was read.

#ifndef MAILVERDICT_ADAPTERS_DAEMON_POLICY_FILES_H_
#define MAILVERDICT_ADAPTERS_DAEMON_POLICY_FILES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "absl/status/statusor.h"
#include "lib/core/policy_loader.h"

namespace mailverdict {

// What is different when a file is, as good as always: device, inode, size,
// nanoseconds of its last change. All zero: it is not there.
using FileStamp = std::tuple<uint64_t, uint64_t, uint64_t, int64_t>;
FileStamp StampOf(const std::string& path);

// A policy, and what it was read from.
struct ReadPolicy {
  LoadedPolicy loaded;
  std::string path;
  std::string text;                         // of the policy file itself
  std::map<std::string, FileStamp> stamps;  // of the files that it names, by
                                            // path, as of just before
};

// Reads and checks a policy file and the files that it names.
absl::StatusOr<ReadPolicy> ReadPolicyFile(const std::string& path);
// The files that it names only; of the policy itself the text as it was.
absl::StatusOr<ReadPolicy> ReadNamedFiles(const std::string& path,
                                          const std::string& text);

// Whether one of some files has changed. Not thread-safe.
class FileWatch {
 public:
  FileWatch() = default;
  explicit FileWatch(std::map<std::string, FileStamp> stamps);

  // To be called now and then: the path of one that has changed, and has stayed
  // as it is since the last call, so that nobody is just writing it. Each
  // change is told once. Some system calls a file.
  std::optional<std::string> Look();

 private:
  struct File {
    FileStamp known;
    FileStamp last_seen;
  };
  std::map<std::string, File> files_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_DAEMON_POLICY_FILES_H_

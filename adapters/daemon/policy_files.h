// The policy file, and the files that it names: read, and watched for changes.

#ifndef MAILVERDICT_ADAPTERS_DAEMON_POLICY_FILES_H_
#define MAILVERDICT_ADAPTERS_DAEMON_POLICY_FILES_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/policy/loader/loader.h"

namespace mailverdict {

// A list of a million addresses has some 40 MB. A file that is larger than this
// is an error, as one that cannot be read is.
inline constexpr size_t kMaxFileBytes = size_t{128} << 20;

// What a regular file has in it; an error names it.
absl::StatusOr<std::string> ReadFile(const std::string& path);

// Reads and checks a policy file and the files that it names.
absl::StatusOr<LoadedPolicy> ReadPolicyFile(const std::string& path);

// What is different when a file is, as good as always: device, inode, size,
// nanoseconds of the last change of its contents and of anything about it (some
// programs set the first of these back). All zero: it is not there.
using FileStamp = std::tuple<uint64_t, uint64_t, uint64_t, int64_t, int64_t>;

// Follows symbolic links. One system call, which blocks where a disk does.
FileStamp StampOf(const std::string& path);

// Whether one of some files has changed. Not thread-safe.
class FileWatch {
 public:
  FileWatch() = default;
  explicit FileWatch(const std::vector<std::string>& paths);

  // The files that have changed and have stayed as they are since the last
  // call, so that no program is just writing them. Call it at intervals that a
  // program does not pause for while it writes. Each change is told once; so is
  // that a file is there at first, since it may have changed before it was
  // watched. Some system calls a file, which block.
  std::set<std::string> Look();
  // Whether the last Look found the file as the one before had.
  bool IsSettled(const std::string& path) const;

  // Nothing is watched.
  bool empty() const { return files_.empty(); }

 private:
  struct File {
    FileStamp known;
    FileStamp last_seen;
    bool settled = false;
  };
  std::map<std::string, File> files_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_DAEMON_POLICY_FILES_H_

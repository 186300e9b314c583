// Reads the policy file and the files that it names, and watches files for
// changes.

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

// The largest file that ReadFile reads. A list of a million addresses has some
// 40 MB.
inline constexpr size_t kMaxFileBytes = size_t{128} << 20;

// Returns the contents of a regular file. An error, which names the file, if it
// cannot be read, is no regular file, or is larger than kMaxFileBytes. Blocks.
absl::StatusOr<std::string> ReadFile(const std::string& path);

// Reads and checks a policy file and the files that it names. Blocks.
absl::StatusOr<LoadedPolicy> ReadPolicyFile(const std::string& path);

// A fingerprint of a file's state, which differs nearly always when the file
// has changed: device, inode, size, mtime and ctime in nanoseconds. (Some
// programs set mtime back, but none can set ctime.) All zero if there is no
// file.
using FileStamp = std::tuple<uint64_t, uint64_t, uint64_t, int64_t, int64_t>;

// Returns the file's stamp; follows symbolic links. Makes one system call,
// which blocks as long as the disk does.
FileStamp StampOf(const std::string& path);

// Finds out which of some files have changed. Not thread-safe.
class FileWatch {
 public:
  FileWatch() = default;
  explicit FileWatch(const std::vector<std::string>& paths);

  // Looks at each file, and returns those that have changed and settled: they
  // look as they did at the call before, so that no program is writing them
  // just now. Call it at intervals longer than the pauses of a program that
  // writes. Each change is returned once. A file that exists is returned once
  // at the beginning too, since it may have changed before it was watched.
  // Makes one system call a file; they block as long as the disk does.
  std::set<std::string> Look();
  // Whether the file looked the same at the last two calls of Look.
  bool IsSettled(const std::string& path) const;

  // Whether there are no files to watch.
  bool empty() const { return files_.empty(); }

 private:
  struct File {
    FileStamp known;      // at the change that was returned last
    FileStamp last_seen;  // at the last call of Look
    bool settled = false;
  };
  std::map<std::string, File> files_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_DAEMON_POLICY_FILES_H_

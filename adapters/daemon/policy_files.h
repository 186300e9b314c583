// Reads files of the policy, and watches files for changes.

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

// Returns the contents of a regular file. Returns an error, which names the
// file, if it cannot be read, is no regular file, or is larger than
// kMaxFileBytes. Blocks.
absl::StatusOr<std::string> ReadFile(const std::string& path);

// Reads and checks a policy file and the files that it names. Blocks.
absl::StatusOr<LoadedPolicy> ReadPolicyFile(const std::string& path);

// A fingerprint of a file's state: device, inode, size, mtime and ctime in
// nanoseconds. It nearly always differs when the file has changed. (A program
// can set mtime back, but not ctime.) All zero if there is no file.
using FileStamp = std::tuple<uint64_t, uint64_t, uint64_t, int64_t, int64_t>;

// Returns the file's stamp; follows symbolic links. Makes one system call,
// which blocks as long as the disk does.
FileStamp StampOf(const std::string& path);

// Finds out which of some files have changed. Not thread-safe.
class FileWatch {
 public:
  FileWatch() = default;
  explicit FileWatch(const std::vector<std::string>& paths);

  // Returns the files that have changed and settled. A file has settled when
  // its stamp is the same as at the call before, so that probably no program is
  // writing it. Call Look at intervals that are longer than the pauses of a
  // program that writes. Each change is returned once. The first time, every
  // file that exists is returned, since it may have changed before it was
  // watched. Makes one system call for each file, which blocks as long as the
  // disk does.
  std::set<std::string> Look();
  // Whether the file's stamp was the same at the last two calls of Look.
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

// A lock file: only one process at a time can hold it.

#ifndef MAILVERDICT_LIB_HISTORY_FILE_LOCK_H_
#define MAILVERDICT_LIB_HISTORY_FILE_LOCK_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace mailverdict {

// Holds flock(2) on a file until this object is destroyed. The kernel releases
// the lock when the process ends, in whatever way; the file stays. A second
// lock within the same process is refused, too. Does not work on NFS before
// Linux 2.6.12.
class FileLock {
 public:
  // Creates `path`, mode 0600, if it does not exist. FailedPrecondition if the
  // lock is taken. Never waits.
  static absl::StatusOr<std::unique_ptr<FileLock>> Take(
      const std::string& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  explicit FileLock(int fd) : fd_(fd) {}

  const int fd_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_HISTORY_FILE_LOCK_H_

// One process at a time has a file.

#ifndef MAILVERDICT_LIB_HISTORY_FILE_LOCK_H_
#define MAILVERDICT_LIB_HISTORY_FILE_LOCK_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace mailverdict {

// flock(2) on a file of its own, which stays when the lock goes: it goes with
// the process, however that ends. A second lock within one process is refused
// too. Not for NFS before Linux 2.6.12.
class FileLock {
 public:
  // Creates `path`, mode 0600, if it is not there. FailedPrecondition: somebody
  // has it. Never waits.
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

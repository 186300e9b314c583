// File operations for a store's files: checks before LMDB opens them, setting
// damaged files aside, and syncing directories. All of them block.
//
// Errors: PermissionDenied or Unavailable, with the system's error, unless a
// function names others.

#ifndef MAILVERDICT_LIB_HISTORY_STORE_FILES_H_
#define MAILVERDICT_LIB_HISTORY_STORE_FILES_H_

#include <errno.h>
#include <string.h>
#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace mailverdict {

inline constexpr mode_t kStoreMode = 0600;

// The system's error as a status. Not absl::ErrnoToStatus, which may return
// DataLoss or NotFound: at these a file is set aside or made anew, so only our
// own checks may return them.
inline absl::Status ErrnoStatus(int error, absl::string_view path = "") {
  const std::string what =
      absl::StrCat(path, path.empty() ? "" : ": ", strerror(error));
  if (error == EACCES || error == EPERM) {
    return absl::PermissionDeniedError(what);
  }
  return absl::UnavailableError(what);
}

// Checks an LMDB file (lmdb_check.h), and sets its mode to 0600. NotFound: it
// does not exist or is empty. DataLoss: it is damaged, or not LMDB's.
// FailedPrecondition: it is no regular file.
absl::Status CheckStoreFile(const std::string& path);

// Makes LMDB's lock file and allocates its blocks. LMDB writes to it through a
// map, and if the disk has no room then, the process dies of SIGBUS.
absl::Status MakeRoomForLock(const std::string& path);

// Renames the file to PATH.corrupt-YYYYMMDDThhmmssZ, with "-2" and so on behind
// it if that exists. Returns the new name.
absl::StatusOr<std::string> SetFileAside(const std::string& path);

// Syncs the folder of `path`, so that a new or renamed file is not lost in a
// power failure.
absl::Status SyncFolderOf(const std::string& path);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_HISTORY_STORE_FILES_H_

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

// Returns the system's error as a status. Does not use absl::ErrnoToStatus,
// which may return DataLoss or NotFound. After these codes a file is set aside
// or created anew, so only our own checks may return them.
inline absl::Status ErrnoStatus(int error, absl::string_view path = "") {
  const std::string what =
      absl::StrCat(path, path.empty() ? "" : ": ", strerror(error));
  if (error == EACCES || error == EPERM) {
    return absl::PermissionDeniedError(what);
  }
  return absl::UnavailableError(what);
}

// Checks an LMDB file (lmdb_check.h), and sets its mode to 0600. NotFound: it
// does not exist or is empty. DataLoss: it is damaged, or not an LMDB file.
// FailedPrecondition: it is not a regular file.
absl::Status CheckStoreFile(const std::string& path);

// Makes LMDB's lock file and allocates its blocks. LMDB writes to the lock file
// through a map; if the disk had no room for it at that moment, SIGBUS would
// kill the process.
absl::Status MakeRoomForLock(const std::string& path);

// Renames the file to PATH.corrupt-YYYYMMDDThhmmssZ, or, if that exists, to the
// same name with "-2" and so on appended. Returns the new name.
absl::StatusOr<std::string> SetFileAside(const std::string& path);

// Syncs the folder of `path`, so that a new or renamed file is not lost in a
// power failure.
absl::Status SyncFolderOf(const std::string& path);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_HISTORY_STORE_FILES_H_

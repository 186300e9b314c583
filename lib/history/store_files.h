// The files of a store, as the system sees them: looked at before LMDB opens
// them, set aside, made to last.
//
// Errors: PermissionDenied, else Unavailable with what the system says, unless
// another is named.

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

// Not absl::ErrnoToStatus: DataLoss and NotFound are for us to say, since a
// file is set aside or made anew for them.
inline absl::Status ErrnoStatus(int error, absl::string_view path = "") {
  const std::string what =
      absl::StrCat(path, path.empty() ? "" : ": ", strerror(error));
  if (error == EACCES || error == EPERM) {
    return absl::PermissionDeniedError(what);
  }
  return absl::UnavailableError(what);
}

// OK: an LMDB file that is sound (lmdb_check.h) and, from now on, of mode 0600.
// NotFound: there is none, or an empty one. DataLoss: damaged, or foreign.
// FailedPrecondition: no regular file.
absl::Status CheckStoreFile(const std::string& path);

// Gives LMDB's lock file its blocks on the disk. LMDB writes there through a
// map, and where the disk has no room for that the process dies of SIGBUS.
absl::Status MakeRoomForLock(const std::string& path);

// Renames it to PATH.corrupt-YYYYMMDDThhmmssZ, or, should that be there, to
// that and "-2", and so on; returns the name.
absl::StatusOr<std::string> SetFileAside(const std::string& path);

// A new or another name is to be on the disk too.
absl::Status SyncFolderOf(const std::string& path);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_HISTORY_STORE_FILES_H_

#include "lib/history/store_files.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/cleanup/cleanup.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "lib/history/lmdb_check.h"

namespace mailverdict {
namespace {

// The size that LMDB gives its lock file, for 126 readers.
constexpr size_t kLockBytes = 8192;

}  // namespace

absl::Status CheckStoreFile(const std::string& path) {
  // O_NONBLOCK: without it, opening a named pipe would wait for a writer for
  // ever.
  const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    if (errno == ENOENT) {
      return absl::NotFoundError(absl::StrCat(path, ": ", strerror(errno)));
    }
    if (errno == EISDIR) {
      return absl::FailedPreconditionError(
          absl::StrCat(path, " is a directory; a file is needed"));
    }
    return ErrnoStatus(errno, path);
  }
  const absl::Cleanup closing = [fd] { close(fd); };
  struct stat about;
  if (fstat(fd, &about) != 0) return ErrnoStatus(errno, path);
  if (!S_ISREG(about.st_mode)) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " is no regular file"));
  }
  if ((about.st_mode & 077) != 0 && fchmod(fd, kStoreMode) != 0) {
    return ErrnoStatus(errno, absl::StrCat(path, ": chmod 0600"));
  }
  if (about.st_size == 0) {
    return absl::NotFoundError(absl::StrCat(path, " is empty"));
  }
  const absl::Status sound = CheckLmdbFile(fd);
  if (sound.ok()) return sound;
  return absl::Status(sound.code(), absl::StrCat(path, ": ", sound.message()));
}

absl::Status MakeRoomForLock(const std::string& path) {
  const std::string lock = absl::StrCat(path, "-lock");
  const int fd = open(lock.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, kStoreMode);
  if (fd < 0) return ErrnoStatus(errno, lock);
  const off_t end = lseek(fd, 0, SEEK_END);
  int rc = end < 0 ? errno : 0;
  if (end >= 0 && end < static_cast<off_t>(kLockBytes)) {
    const std::string zeros(kLockBytes - static_cast<size_t>(end), '\0');
    const ssize_t written = write(fd, zeros.data(), zeros.size());
    if (written != static_cast<ssize_t>(zeros.size())) {
      rc = written < 0 ? errno : ENOSPC;
    }
  }
  close(fd);
  return rc == 0 ? absl::OkStatus() : ErrnoStatus(rc, lock);
}

absl::StatusOr<std::string> SetFileAside(const std::string& path) {
  const std::string stem = absl::StrCat(
      path, ".corrupt-",
      absl::FormatTime("%Y%m%dT%H%M%SZ", absl::Now(), absl::UTCTimeZone()));
  std::string aside = stem;
  for (int i = 2; access(aside.c_str(), F_OK) == 0; ++i) {
    aside = absl::StrCat(stem, "-", i);
  }
  if (rename(path.c_str(), aside.c_str()) != 0) {
    return ErrnoStatus(errno, absl::StrCat("cannot set aside ", path));
  }
  return aside;
}

absl::Status SyncFolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "."
                             : slash == 0               ? "/"
                                                        : path.substr(0, slash);
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const int rc = fd < 0 || fsync(fd) != 0 ? errno : 0;
  if (fd >= 0) close(fd);
  return rc == 0 ? absl::OkStatus() : ErrnoStatus(rc, folder);
}

}  // namespace mailverdict

#include "adapters/daemon/policy_files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace mailverdict {
namespace {

int64_t Nanoseconds(const timespec& time) {
  return time.tv_sec * int64_t{1'000'000'000} + time.tv_nsec;
}

}  // namespace

FileStamp StampOf(const std::string& path) {
  struct stat about;
  if (stat(path.c_str(), &about) != 0) return {};
  return {about.st_dev, about.st_ino, static_cast<uint64_t>(about.st_size),
          Nanoseconds(about.st_mtim), Nanoseconds(about.st_ctim)};
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  const auto failed = [&path] {
    return absl::NotFoundError(absl::StrCat(path, ": ", strerror(errno)));
  };
  // O_NONBLOCK: opening a named pipe would wait for a writer without end.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return failed();
  struct stat about;
  if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
    close(fd);
    return absl::NotFoundError(absl::StrCat(path, ": not a regular file"));
  }
  std::string text;
  char bytes[16 * 1024];
  ssize_t count;
  while ((count = read(fd, bytes, sizeof bytes)) > 0 ||
         (count < 0 && errno == EINTR)) {
    if (count > 0) text.append(bytes, static_cast<size_t>(count));
    if (text.size() > kMaxFileBytes) {
      close(fd);
      return absl::OutOfRangeError(
          absl::StrCat(path, ": larger than ", kMaxFileBytes >> 20, " MB"));
    }
  }
  const absl::Status status = count < 0 ? failed() : absl::OkStatus();
  close(fd);
  if (!status.ok()) return status;
  return text;
}

absl::StatusOr<LoadedPolicy> ReadPolicyFile(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) return text.status();
  return LoadPolicy(*text, path, ReadFile);
}

FileWatch::FileWatch(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) files_[path] = {};
}

std::set<std::string> FileWatch::Look() {
  std::set<std::string> changed;
  for (auto& [path, file] : files_) {
    const FileStamp now = StampOf(path);
    file.settled = now == std::exchange(file.last_seen, now);
    if (!file.settled || now == file.known) continue;
    file.known = now;
    changed.insert(path);
  }
  return changed;
}

bool FileWatch::IsSettled(const std::string& path) const {
  const auto file = files_.find(path);
  return file != files_.end() && file->second.settled;
}

}  // namespace mailverdict

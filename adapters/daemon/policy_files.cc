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

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  const auto failed = [&path] {
    return absl::NotFoundError(absl::StrCat(path, ": ", strerror(errno)));
  };
  // A pipe would be waited for without end.
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
  }
  const absl::Status status = count < 0 ? failed() : absl::OkStatus();
  close(fd);
  if (!status.ok()) return status;
  return text;
}

}  // namespace

FileStamp StampOf(const std::string& path) {
  struct stat about;
  if (stat(path.c_str(), &about) != 0) return {};
  return {
      about.st_dev, about.st_ino, static_cast<uint64_t>(about.st_size),
      about.st_mtim.tv_sec * int64_t{1'000'000'000} + about.st_mtim.tv_nsec};
}

absl::StatusOr<ReadPolicy> ReadPolicyFile(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) return text.status();
  return ReadNamedFiles(path, *text);
}

absl::StatusOr<ReadPolicy> ReadNamedFiles(const std::string& path,
                                          const std::string& text) {
  ReadPolicy policy;
  policy.path = path;
  policy.text = text;
  absl::StatusOr<LoadedPolicy> loaded =
      LoadPolicy(text, path, [&policy](const std::string& named) {
        policy.stamps.emplace(named, StampOf(named));
        return ReadFile(named);
      });
  if (!loaded.ok()) return loaded.status();
  policy.loaded = *std::move(loaded);
  return policy;
}

FileWatch::FileWatch(std::map<std::string, FileStamp> stamps) {
  for (auto& [path, stamp] : stamps) files_[path] = {stamp, stamp};
}

std::optional<std::string> FileWatch::Look() {
  std::optional<std::string> changed;
  for (auto& [path, file] : files_) {
    const FileStamp now = StampOf(path);
    const bool settled = now == std::exchange(file.last_seen, now);
    if (!settled || now == file.known) continue;
    file.known = now;
    changed = path;
  }
  return changed;
}

}  // namespace mailverdict

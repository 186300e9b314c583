#include "adapters/daemon/policy_files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"

namespace mailverdict {
namespace {

FileStamp StampOf(const std::string& path) {
  struct stat about;
  if (stat(path.c_str(), &about) != 0) return {};
  return {
      about.st_dev, about.st_ino, static_cast<uint64_t>(about.st_size),
      about.st_mtim.tv_sec * int64_t{1'000'000'000} + about.st_mtim.tv_nsec};
}

std::vector<DomainList>* ListsOf(Policy* policy) {
  for (CheckPolicy& check : policy->checks) {
    if (auto* domain = std::get_if<DomainCheckPolicy>(&check)) {
      return &domain->lists;
    }
  }
  return nullptr;
}

}  // namespace

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

absl::StatusOr<LoadedPolicy> ReadPolicyFile(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) return text.status();
  return LoadPolicy(*text, path, ReadFile);
}

std::vector<std::string> WatchedFiles(const Policy& policy) {
  std::vector<std::string> paths;
  const auto* check = policy.FindCheck<DomainCheckPolicy>();
  if (check == nullptr) return paths;
  for (const DomainList& list : check->lists) paths.push_back(list.name());
  return paths;
}

absl::StatusOr<Policy> ReadWatchedFiles(Policy policy) {
  std::vector<DomainList>* const lists = ListsOf(&policy);
  if (lists == nullptr) return policy;
  for (DomainList& list : *lists) {
    const absl::StatusOr<std::string> text = ReadFile(list.name());
    if (!text.ok()) return text.status();
    absl::StatusOr<DomainList> read = DomainList::Parse(*text, list.name());
    if (!read.ok()) return read.status();
    list = *std::move(read);
  }
  return policy;
}

bool SameWatchedFiles(const Policy& a, const Policy& b) {
  const auto* const in_a = a.FindCheck<DomainCheckPolicy>();
  const auto* const in_b = b.FindCheck<DomainCheckPolicy>();
  if (in_a == nullptr || in_b == nullptr) return in_a == in_b;
  return in_a->lists == in_b->lists;
}

FileWatch::FileWatch(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) files_[path] = {};
}

bool FileWatch::Look() {
  bool changed = false;
  for (auto& [path, file] : files_) {
    const FileStamp now = StampOf(path);
    const bool settled = now == std::exchange(file.last_seen, now);
    if (!settled || now == file.known) continue;
    file.known = now;
    changed = true;
  }
  return changed;
}

}  // namespace mailverdict

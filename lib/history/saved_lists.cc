#include "lib/history/saved_lists.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>
#include <string_view>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "lib/history/little_endian.h"
#include "lib/history/siphash.h"
#include "lib/history/store_files.h"
#include "lib/mail/cursor.h"

namespace mailverdict {
namespace {

// The file's format: this line; the checksum of everything after it; then for
// each list its kind (1 byte), the length of its path (4 bytes), the length of
// its text (8 bytes), its path, its text.
constexpr std::string_view kMagic = "mailverdict lists 1\n";
constexpr size_t kHeaderBytes = kMagic.size() + sizeof(uint64_t);

// The checksum detects damage, not forgery: whoever can write the file can do
// worse.
uint64_t Checksum(std::string_view bytes) {
  static const SipHash hash("mailverdictlists");
  return hash(bytes);
}

absl::Status WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return ErrnoStatus(errno);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadWhole(const std::string& file) {
  // O_NONBLOCK: without it, opening a named pipe would wait for a writer for
  // ever.
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0 && errno == ENOENT) {
    return absl::NotFoundError(absl::StrCat(file, ": there is none"));
  }
  if (fd < 0) return ErrnoStatus(errno, file);
  const absl::Cleanup closing = [fd] { close(fd); };
  struct stat about;
  if (fstat(fd, &about) != 0) return ErrnoStatus(errno, file);
  if (!S_ISREG(about.st_mode) ||
      static_cast<uint64_t>(about.st_size) > 2 * kMaxSavedListsBytes) {
    return absl::DataLossError(absl::StrCat(file, ": no file of ours"));
  }
  std::string bytes(static_cast<size_t>(about.st_size), '\0');
  size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t count = read(fd, &bytes[have], bytes.size() - have);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ErrnoStatus(errno, file);
    if (count == 0) break;
    have += static_cast<size_t>(count);
  }
  bytes.resize(have);
  return bytes;
}

std::optional<SavedList> TakeList(mail::Cursor* in) {
  const auto kind = TakeNumber<uint8_t>(in);
  const auto path_bytes = TakeNumber<uint32_t>(in);
  const auto text_bytes = TakeNumber<uint64_t>(in);
  if (!kind.has_value() || !path_bytes.has_value() || !text_bytes.has_value() ||
      *kind > 1) {
    return std::nullopt;
  }
  const auto path = in->Take(*path_bytes);
  const auto text = in->Take(*text_bytes);
  if (!path.has_value() || !text.has_value()) return std::nullopt;
  return SavedList{*kind == 1, std::string(*path),
                   std::make_shared<const std::string>(*text)};
}

}  // namespace

std::string SavedListsFile(const std::string& history_file) {
  return history_file.empty() ? "" : absl::StrCat(history_file, "-lists");
}

std::string SavedListsBytes(const std::vector<SavedList>& lists) {
  std::string bytes(kMagic);
  bytes.append(sizeof(uint64_t), '\0');
  for (const SavedList& list : lists) {
    bytes.push_back(list.domains ? '\1' : '\0');
    AppendNumber(static_cast<uint32_t>(list.path.size()), &bytes);
    AppendNumber(uint64_t{list.text->size()}, &bytes);
    bytes += list.path;
    bytes += *list.text;
  }
  std::string checksum;
  AppendNumber(Checksum(std::string_view(bytes).substr(kHeaderBytes)),
               &checksum);
  bytes.replace(kMagic.size(), checksum.size(), checksum);
  return bytes;
}

absl::StatusOr<std::vector<SavedList>> ParseSavedLists(std::string_view bytes) {
  const absl::Status damaged = absl::DataLossError("is damaged");
  mail::Cursor in(bytes);
  if (!in.Skip(kMagic)) return damaged;
  const auto checksum = TakeNumber<uint64_t>(&in);
  if (!checksum.has_value() || *checksum != Checksum(in.rest())) return damaged;
  std::vector<SavedList> lists;
  while (!in.done()) {
    std::optional<SavedList> list = TakeList(&in);
    if (!list.has_value()) return damaged;
    lists.push_back(*std::move(list));
  }
  return lists;
}

absl::StatusOr<std::vector<SavedList>> ReadSavedLists(const std::string& file) {
  const absl::StatusOr<std::string> bytes = ReadWhole(file);
  if (!bytes.ok()) return bytes.status();
  auto lists = ParseSavedLists(*bytes);
  if (lists.ok()) return lists;
  return absl::DataLossError(absl::StrCat(file, " is damaged"));
}

absl::Status WriteSavedLists(const std::string& file,
                             const std::vector<SavedList>& lists) {
  size_t size = 0;
  for (const SavedList& list : lists) {
    size += list.path.size() + list.text->size();
  }
  if (size > kMaxSavedListsBytes) {
    return absl::OutOfRangeError(
        absl::StrCat(file, ": the lists have ", size, " bytes, over ",
                     kMaxSavedListsBytes, ", too many to be remembered"));
  }
  const std::string bytes = SavedListsBytes(lists);

  // The file has another name until it is complete: a full disk must not
  // destroy the old file. O_TRUNC: a crash may have left a longer file of that
  // name.
  const std::string fresh = absl::StrCat(file, ".new");
  const int fd =
      open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
           kStoreMode);
  if (fd < 0) return ErrnoStatus(errno, fresh);
  absl::Status status = WriteAll(fd, bytes);
  if (status.ok() && fsync(fd) != 0) status = ErrnoStatus(errno);
  if (close(fd) != 0 && status.ok()) status = ErrnoStatus(errno);
  if (status.ok() && rename(fresh.c_str(), file.c_str()) != 0) {
    status = ErrnoStatus(errno);
  }
  // Without this the rename itself could be lost in a power failure.
  if (status.ok()) return SyncFolderOf(file);
  unlink(fresh.c_str());
  return absl::Status(status.code(),
                      absl::StrCat(file, ": ", status.message()));
}

}  // namespace mailverdict

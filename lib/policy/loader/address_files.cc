#include "lib/policy/loader/address_files.h"

#include "absl/status/status.h"
#include "absl/strings/substitute.h"
#include "lib/policy/loader/faults.h"
#include "lib/policy/loader/values.h"

namespace mailverdict {

const absl::StatusOr<mail::AddressFile>& AddressFiles::Get(
    const std::string& path) {
  // Errors are cached too: each realm that names the file reports the same
  // error.
  auto file = files_.find(path);
  if (file == files_.end()) file = files_.emplace(path, Read(path)).first;
  return file->second;
}

absl::StatusOr<mail::AddressFile> AddressFiles::Read(
    const std::string& path) const {
  // A relative path would depend on where the program was started.
  if (const Complaint complaint = CheckPath(path, "/etc/aliases")) {
    return absl::InvalidArgumentError(*complaint);
  }
  return lists_.addresses(path);
}

ListReaders ParsedLists(const FileReader& read) {
  const auto text = [&read](const std::string& path) {
    absl::StatusOr<std::string> text = read(path);
    if (text.ok()) return text;
    return absl::StatusOr<std::string>(
        absl::InvalidArgumentError(absl::Substitute(
            "$0 cannot be read: $1", Quoted(path), text.status().message())));
  };
  ListReaders lists;
  lists.addresses =
      [text](const std::string& path) -> absl::StatusOr<mail::AddressFile> {
    const absl::StatusOr<std::string> read = text(path);
    if (!read.ok()) return read.status();
    return mail::ParseAddressFile(*read, path);
  };
  lists.domains =
      [text](const std::string& path) -> absl::StatusOr<DomainList> {
    const absl::StatusOr<std::string> read = text(path);
    if (!read.ok()) return read.status();
    return DomainList::Parse(*read, path);
  };
  return lists;
}

}  // namespace mailverdict

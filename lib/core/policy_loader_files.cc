#include "lib/core/policy_loader_files.h"

#include "absl/status/status.h"
#include "absl/strings/substitute.h"
#include "lib/core/policy_loader_faults.h"
#include "lib/core/policy_loader_values.h"

namespace mailverdict {

const absl::StatusOr<mail::AddressFile>& AddressFiles::Get(
    const std::string& path) {
  auto file = files_.find(path);
  if (file == files_.end()) file = files_.emplace(path, Read(path)).first;
  return file->second;
}

absl::StatusOr<mail::AddressFile> AddressFiles::Read(
    const std::string& path) const {
  if (const Complaint complaint = CheckPath(path, "/etc/aliases")) {
    return absl::InvalidArgumentError(*complaint);
  }
  const absl::StatusOr<std::string> text = read_(path);
  if (!text.ok()) {
    return absl::InvalidArgumentError(absl::Substitute(
        "$0 cannot be read: $1", Quoted(path), text.status().message()));
  }
  return mail::ParseAddressFile(*text, path);
}

}  // namespace mailverdict

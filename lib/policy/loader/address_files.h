// The address files that a policy names, each read once. Part of the loader.

#ifndef MAILVERDICT_LIB_POLICY_LOADER_ADDRESS_FILES_H_
#define MAILVERDICT_LIB_POLICY_LOADER_ADDRESS_FILES_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "lib/mail/address_file.h"
#include "lib/policy/loader/loader.h"

namespace mailverdict {

// A cache of parsed address files: several realms often name the same
// virtusertable. Keeps a reference to the readers.
class AddressFiles {
 public:
  explicit AddressFiles(const ListReaders& lists) : lists_(lists) {}

  // The contents of the file, or an InvalidArgument status: what is wrong and
  // what to write instead. The caller puts the name of the field before it. The
  // reference is valid as long as this object.
  const absl::StatusOr<mail::AddressFile>& Get(const std::string& path);

 private:
  absl::StatusOr<mail::AddressFile> Read(const std::string& path) const;

  const ListReaders& lists_;
  std::map<std::string, absl::StatusOr<mail::AddressFile>> files_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_LOADER_ADDRESS_FILES_H_

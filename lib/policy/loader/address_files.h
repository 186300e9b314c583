// The files of addresses that a policy names, each read once. Part of
// the loader.

#ifndef MAILVERDICT_LIB_POLICY_LOADER_ADDRESS_FILES_H_
#define MAILVERDICT_LIB_POLICY_LOADER_ADDRESS_FILES_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "lib/mail/address_file.h"
#include "lib/policy/loader/loader.h"

namespace mailverdict {

// One virtusertable serves many realms. Borrows the readers.
class AddressFiles {
 public:
  explicit AddressFiles(const ListReaders& lists) : lists_(lists) {}

  // What the file says, or an InvalidArgument error: what is wrong and what to
  // write instead; put the field's name ahead of it. Good as long as this is.
  const absl::StatusOr<mail::AddressFile>& Get(const std::string& path);

 private:
  absl::StatusOr<mail::AddressFile> Read(const std::string& path) const;

  const ListReaders& lists_;
  std::map<std::string, absl::StatusOr<mail::AddressFile>> files_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_LOADER_ADDRESS_FILES_H_

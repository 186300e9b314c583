// Files that name valid addresses beside the directory: /etc/aliases, a
// virtusertable, a Postfix virtual map, or a plain list. Pure: the caller reads
// the file.

#ifndef MAILVERDICT_LIB_MAIL_ADDRESS_FILE_H_
#define MAILVERDICT_LIB_MAIL_ADDRESS_FILE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace mailverdict::mail {

// What such a file says. All canonical, as Address has them.
struct AddressFile {
  std::vector<std::string> addresses;    // "local@domain"
  std::vector<std::string> local_parts;  // valid in every domain of the realm
  std::vector<std::string> catch_all;    // domains of "@example.org" lines
};

// One entry a line: "local", "user@domain" or "@domain", then nothing, or white
// space or a colon and a target, which is not read. Blank lines and lines that
// begin with '#' are passed over, lines that begin with white space continue
// the one before (aliases(5)). A local part in double quotes may hold anything.
// A line that is none of these is an InvalidArgument error beginning with
// "`file_name`:LINE:COLUMN: "; a file is taken whole or not at all.
absl::StatusOr<AddressFile> ParseAddressFile(std::string_view text,
                                             std::string_view file_name);

}  // namespace mailverdict::mail

#endif  // MAILVERDICT_LIB_MAIL_ADDRESS_FILE_H_

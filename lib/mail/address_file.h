// Files that name valid addresses beside the directory: /etc/aliases, a
// virtusertable, a Postfix virtual map, or a plain list. Pure: the caller reads
// the file.
//
// Where the programs that own such files disagree, a name too many is the
// smaller evil: the MTA that has the file refuses what it does not know, but a
// name that is missing here may become a 550 for good mail. What could hide
// names is an error, never passed over.

#ifndef MAILVERDICT_LIB_MAIL_ADDRESS_FILE_H_
#define MAILVERDICT_LIB_MAIL_ADDRESS_FILE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace mailverdict::mail {

// What such a file says, in the order in which it says it. All canonical.
struct AddressFile {
  // "local@domain", as Address::ToString writes it: a quoted local part where
  // it needs quotes.
  std::vector<std::string> addresses;
  // Valid in every domain of the realm; as Address::local(), without quotes.
  std::vector<std::string> local_parts;
  // Domains of "@example.org" lines, as CanonicalDomain writes them.
  std::vector<std::string> catch_all;
};

// One entry a line: "local", "user@domain" or "@domain", then nothing, or white
// space or a colon and a target. A local part in double quotes may hold
// anything. Lines end with LF or CRLF; a UTF-8 byte order mark ahead of the
// first is skipped. Blank lines, and lines whose first character other than
// white space is '#', are passed over.
//
// A line that begins with white space continues the target before it
// (aliases(5), virtual(5)). After an entry that has neither a colon nor a
// target it is an error: it may as well be an indented entry.
//
// The target is not read, whether "|prog", ":include:/file" or sendmail's
// "error:nouser": the MTA that owns the file will act on it.
//
// Wild forms:
//   user+*@domain   (virtusertable, aliases) stands for user@domain, whose
//   user++@domain   other tags are the policy's business; "++" also for the
//                   address as it is written, since there are mailboxes c++
//   +*@domain  ++@domain  *@domain  (virtusertable, Exim) are @domain
//
// A line that is none of these is an InvalidArgument error, "`file_name`:LINE:
// COLUMN: what is wrong; what to write instead", with lines and columns (in
// bytes) counted from 1; it repeats nothing else of the file. A file is taken
// whole or not at all. Takes time and memory in proportion to the file: a
// million lines take about a second.
absl::StatusOr<AddressFile> ParseAddressFile(std::string_view text,
                                             std::string_view file_name);

}  // namespace mailverdict::mail

#endif  // MAILVERDICT_LIB_MAIL_ADDRESS_FILE_H_

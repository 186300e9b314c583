// Files that name valid addresses beside the directory: /etc/aliases, a
// virtusertable, a Postfix virtual map, or a plain list. Pure: the caller reads
// the file.
//
// A name too many is the smaller evil: the MTA that has the file refuses what
// it does not know, but a name that is missing here may become a 550 for good
// mail. What could hide names is an error, never passed over.

#ifndef MAILVERDICT_LIB_MAIL_ADDRESS_FILE_H_
#define MAILVERDICT_LIB_MAIL_ADDRESS_FILE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/mail/name_patterns.h"

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
  // "list-*", "*-request@example.org".
  std::vector<NamePattern> patterns;
  // Lines for the log about entries that are allowed but may be mistakes:
  // "`file_name`:LINE: what; what to do". They repeat nothing else of the file.
  std::vector<std::string> warnings;
};

// One entry a line: a name as ReadListedName takes it, then nothing, or white
// space or a colon and a target. Lines end with LF or CRLF; a UTF-8 byte order
// mark ahead of the first is skipped. Blank lines, and lines whose first
// character other than white space is '#', are passed over; '#' behind a name
// and white space begins a comment.
//
// A line that begins with white space continues the target before it
// (aliases(5), virtual(5)). After an entry that has neither a colon nor a
// target it is an error: it may as well be an indented entry.
//
// The target is not read, whether "|prog", ":include:/file" or sendmail's
// "error:nouser": the MTA that owns the file will act on it. It is looked at
// for names that it hides. Errors, beside those of ReadListedName, are
//
//   Jane Miller <jm@example.org>   a display name: "jane" is not what is meant
//   a@x.org b@x.org c@x.org        several words without a comma
//   jane miller                    a name of two words, unless other lines show
//                                  that the file is a map ("name: target", a
//                                  tab or two spaces, "name@domain target")
//   mailto:, smtp:, dn:            URIs, LDIF; "mail: joe@x.org" where all
//                                  lines are so, or two of them
//   if /re/, /re/, endif           tables of regular expressions
//
// and a file whose lines do not fit together: a second word on fewer lines than
// those that have none, a name alone where other lines have targets.
//
// A last line without a newline counts, with a warning: many editors leave it
// so, and the name must not be lost. That it has no target is no error then.
//
// An error is InvalidArgument, "`file_name`:LINE:COLUMN: what is wrong; what to
// write instead", with lines and columns (in bytes) counted from 1; it repeats
// nothing else of the file. A file is taken whole or not at all. Takes time and
// memory in proportion to the file: a million lines take about a second.
absl::StatusOr<AddressFile> ParseAddressFile(std::string_view text,
                                             std::string_view file_name);

}  // namespace mailverdict::mail

#endif  // MAILVERDICT_LIB_MAIL_ADDRESS_FILE_H_

// A parser for files that name valid addresses beside the directory:
// /etc/aliases, a virtusertable, a Postfix virtual map, or a plain list. Pure:
// the caller reads the file.
//
// If in doubt, the parser keeps a name. A name too many does no harm, because
// the MTA that owns the file refuses the names that it does not know. A missing
// name may cause a 550 for good mail. So content that could hide names is an
// error and is never skipped.

#ifndef MAILVERDICT_LIB_MAIL_ADDRESS_FILE_H_
#define MAILVERDICT_LIB_MAIL_ADDRESS_FILE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/mail/name_patterns.h"

namespace mailverdict::mail {

// The entries of one file, in the order of the file. All are canonical.
struct AddressFile {
  // "local@domain", as Address::ToString writes it: with quotes where the local
  // part needs them.
  std::vector<std::string> addresses;
  // Local parts that are valid in every domain of the realm. Each is like
  // Address::local(), without quotes.
  std::vector<std::string> local_parts;
  // The domains of "@example.org" lines, as CanonicalDomain writes them.
  std::vector<std::string> catch_all;
  // Patterns such as "list-*" and "*-request@example.org".
  std::vector<NamePattern> patterns;
  // Lines for the log about entries that are allowed but may be mistakes. Each
  // is "`file_name`:LINE: what; what to do" and repeats nothing else of the
  // file.
  std::vector<std::string> warnings;
};

// Each line has one entry: a name that ReadListedName accepts, optionally
// followed by white space or a colon and a target. Lines end with LF or CRLF; a
// UTF-8 byte order mark before the first line is skipped. Blank lines are
// skipped, and so are lines whose first non-blank character is '#'. A '#' after
// a name and white space begins a comment.
//
// A line that begins with white space continues the target of the previous line
// (aliases(5), virtual(5)). If the previous entry has neither a colon nor a
// target, such a line is an error, because it may be an indented entry.
//
// The target ("|prog", ":include:/file", sendmail's "error:nouser") has no
// effect here; only the MTA that owns the file acts on it. But the parser
// examines the target for names that it may hide. Besides the errors of
// ReadListedName, these are errors:
//
//   Jane Miller <jm@example.org>   a display name: the entry is not "jane"
//   a@x.org b@x.org c@x.org        several words without a comma
//   jane miller                    a name of two words, unless other lines show
//                                  that the file is a map ("name: target", a
//                                  tab or two spaces, "name@domain target")
//   mailto:, smtp:, dn:            URIs and LDIF. "mail: joe@x.org" is an error
//                                  if every line has this form, or if two lines
//                                  have the same label
//   if /re/, /re/, endif           tables of regular expressions
//
// A file is also an error if it cannot be read consistently as a list of names
// or as a map from names to targets:
//
//   - if lines with a name alone stand beside lines with a name, white space
//     and a second word;
//   - if a single line has a name alone, and two or more have a colon;
//   - if a single line has a colon, and two or more have a name alone;
//   - if all lines, two or more, have the same name before a colon.
//
// A last line without a newline counts, with a warning. Many editors write such
// lines, and the name must not be lost. If this line is the only one with a
// name alone, the missing target is not an error.
//
// An error is an InvalidArgument status "`file_name`:LINE:COLUMN: what is
// wrong; what to write instead". Lines and columns (in bytes) count from 1. The
// message repeats nothing else of the file. One error rejects the whole file.
// Time and memory are proportional to the size of the file: a million lines
// take about a second.
absl::StatusOr<AddressFile> ParseAddressFile(std::string_view text,
                                             std::string_view file_name);

}  // namespace mailverdict::mail

#endif  // MAILVERDICT_LIB_MAIL_ADDRESS_FILE_H_

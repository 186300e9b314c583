// Parses one entry of a list of addresses: it names a mailbox, a pattern, or a
// whole domain. Used for files (address_file.h) and for a policy's `exception`.
// Pure.

#ifndef MAILVERDICT_LIB_MAIL_LISTED_NAME_H_
#define MAILVERDICT_LIB_MAIL_LISTED_NAME_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/mail/address.h"
#include "lib/mail/fault.h"
#include "lib/mail/name_patterns.h"

namespace mailverdict::mail {

// The names that one entry stands for.
struct ListedName {
  std::vector<Address> addresses;  // with or without domain; none is null
  std::vector<NamePattern> patterns;
  std::string catch_all_domain;  // all addresses of this canonical domain; "": none
};

// Parses `text`:
//
//   local          local@domain           the mailbox; a local part in double
//                                         quotes may hold anything
//   prefix*        prefix*@domain         all names with this prefix
//   *suffix        *suffix@domain         all names with this suffix
//   @domain        *@domain  +*@domain  ++@domain     the whole domain
//   user+*         user+*@domain  user++@domain       user and user+ANY
//
// "user++@domain" also names the literal address, because mailboxes such as c++
// exist. Without a domain, "c++" is only the literal name.
//
// Returns a fault, at its byte of `text`, if the text is not an address. Also
// returns a fault if the text is a valid name but is probably meant as a
// pattern or belongs to another format: a '*' in another place, shell patterns,
// regular expressions, quotes and separators of other formats. In double quotes
// all of these are literal. A fault never repeats the text.
std::optional<Fault> ReadListedName(std::string_view text, ListedName* name);

}  // namespace mailverdict::mail

#endif  // MAILVERDICT_LIB_MAIL_LISTED_NAME_H_

// What one entry of a list of addresses names: a mailbox, a pattern, or all of
// a domain. For files (address_file.h) and for a policy's `exception`. Pure.

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

struct ListedName {
  std::vector<Address> addresses;  // with a domain or bare; none is null
  std::vector<NamePattern> patterns;
  std::string all_of;  // a canonical domain whose every address is named, or ""
};

// Reads `text`:
//
//   local          local@domain           the mailbox; a local part in double
//                                         quotes may hold anything
//   prefix*        prefix*@domain         every name that begins so
//   *suffix        *suffix@domain         every name that ends so
//   @domain        *@domain  +*@domain  ++@domain     all of the domain
//   user+*         user+*@domain  user++@domain       user, and user+ANY
//
// "user++@domain" also names the address as it is written, since there are
// mailboxes c++; bare, "c++" is nothing but that.
//
// A fault, at its byte of `text`, is what is no address, and what would be a
// name that nobody has while it is meant for others: a '*' in another place,
// shell patterns and regular expressions, quotes and separators of other
// formats. In double quotes each of these is taken as it is written. No fault
// repeats the text.
std::optional<Fault> ReadListedName(std::string_view text, ListedName* name);

}  // namespace mailverdict::mail

#endif  // MAILVERDICT_LIB_MAIL_LISTED_NAME_H_

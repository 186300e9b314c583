// nsswitch.conf(5), as far as it tells where users come from. Pure.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_USERS_NSSWITCH_H_
#define MAILVERDICT_ADAPTERS_DELIVER_USERS_NSSWITCH_H_

#include <string_view>

namespace mailverdict::deliver {

// Whether users come from /etc/passwd and from nowhere else: `text`, all of
// nsswitch.conf, has a line for `passwd`, and each such line (glibc does not
// promise which one counts) names `files`, actions such as [NOTFOUND=return],
// and no other service, not even after an action that ends the search.
//
// Read as glibc reads it: a comment goes from '#' to the end of its line, the
// database's name ends at a blank or a colon. It knows no continued lines: a
// backslash is the name of a service, and so the answer is no.
bool UsersComeFromFilesOnly(std::string_view text);

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_USERS_NSSWITCH_H_

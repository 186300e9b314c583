// A parser of nsswitch.conf(5) for one question: do users come from /etc/passwd
// alone? Pure.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_USERS_NSSWITCH_H_
#define MAILVERDICT_ADAPTERS_DELIVER_USERS_NSSWITCH_H_

#include <string_view>

namespace mailverdict::deliver {

// Whether users come from /etc/passwd and from nowhere else. `text` is all of
// nsswitch.conf. It must have a line for `passwd`, and each such line (glibc
// does not promise which one counts) must name `files` and no other service,
// not even after an action that ends the search. Actions such as
// [NOTFOUND=return] are allowed.
//
// The text is read as glibc reads it: a comment goes from '#' to the end of its
// line, and the database's name ends at a blank or a colon. There are no
// continued lines: a backslash is the name of a service, so the answer is no.
bool UsersComeFromFilesOnly(std::string_view text);

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_USERS_NSSWITCH_H_

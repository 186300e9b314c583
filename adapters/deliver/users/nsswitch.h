// A parser of nsswitch.conf(5) for one question: do users come from /etc/passwd
// alone? Pure.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_USERS_NSSWITCH_H_
#define MAILVERDICT_ADAPTERS_DELIVER_USERS_NSSWITCH_H_

#include <string_view>

namespace mailverdict::deliver {

// Returns true if users come from /etc/passwd and from no other source. `text`
// is all of nsswitch.conf. It must have a line for `passwd`. Each such line
// must name `files` and no other service, since glibc does not promise which of
// several lines counts. Actions such as [NOTFOUND=return] are allowed, but no
// service may follow them.
//
// The text is read as glibc reads it: a comment goes from '#' to the end of its
// line, and the database's name ends at a blank or a colon. A line cannot be
// continued: a backslash counts as the name of a service, and the result is
// false.
bool UsersComeFromFilesOnly(std::string_view text);

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_USERS_NSSWITCH_H_

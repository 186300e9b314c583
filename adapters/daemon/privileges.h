// Changes the process from root to an ordinary user, with no way back.

#ifndef MAILVERDICT_ADAPTERS_DAEMON_PRIVILEGES_H_
#define MAILVERDICT_ADAPTERS_DAEMON_PRIVILEGES_H_

#include <string>

#include "absl/status/status.h"

namespace mailverdict {

// Becomes `user`, with the groups of that user. Does nothing if the process
// does not run as root, or if `user` is "root". Returns an error if `user` is
// empty, does not exist, or cannot be changed to. Call it before the first
// thread. Blocks while the user database is asked.
absl::Status DropPrivileges(const std::string& user);

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_DAEMON_PRIVILEGES_H_

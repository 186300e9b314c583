// From root to a user with none of root's rights, for good.

#ifndef MAILVERDICT_ADAPTERS_DAEMON_PRIVILEGES_H_
#define MAILVERDICT_ADAPTERS_DAEMON_PRIVILEGES_H_

#include <string>

#include "absl/status/status.h"

namespace mailverdict {

// Becomes `user` with its groups. As any other user than root, does nothing. As
// root, `user` must name somebody: running as root is chosen with "root", not
// by leaving it out. Before the first thread; blocks while users are looked up.
absl::Status DropPrivileges(const std::string& user);

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_DAEMON_PRIVILEGES_H_

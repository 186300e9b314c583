#include "adapters/daemon/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"

namespace mailverdict {

absl::Status DropPrivileges(const std::string& user) {
  if (geteuid() != 0) return absl::OkStatus();
  if (user.empty()) {
    return absl::FailedPreconditionError(
        "started as root, and the policy names no user to become; add "
        "user: \"mailverdict\", or user: \"root\" to stay");
  }
  errno = 0;
  const passwd* entry = getpwnam(user.c_str());
  if (entry == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat("user \"", user, "\" of the policy: ",
                     errno != 0 ? strerror(errno)
                                : "no such user; create it with useradd -r"));
  }
  if (entry->pw_uid == 0) return absl::OkStatus();
  // Groups first: without root's user id they could not be changed any more.
  if (initgroups(user.c_str(), entry->pw_gid) != 0 ||
      setgid(entry->pw_gid) != 0 || setuid(entry->pw_uid) != 0) {
    return absl::InternalError(
        absl::StrCat("cannot become \"", user, "\": ", strerror(errno)));
  }
  // Only a try shows that the saved user id is gone, too.
  if (setuid(0) == 0) {
    return absl::InternalError(
        absl::StrCat("became \"", user, "\" but can go back to root"));
  }
  return absl::OkStatus();
}

}  // namespace mailverdict

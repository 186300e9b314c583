// A proof source that asks this host's user database, for hosts whose mailboxes
// belong to system users.
//
// It calls getpwnam(3). "Not found" alone proves nothing: a name service that
// is down can say the same, and an offline sssd finds any control user in its
// cache. So an absence is proven only if both are true after the miss:
//   - users come from /etc/passwd alone, as nsswitch.conf says (nsswitch.h);
//   - getpwnam finds the control, root with uid 0.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_USERS_PASSWD_H_
#define MAILVERDICT_ADAPTERS_DELIVER_USERS_PASSWD_H_

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/deliver/users/unknown_user_rule.h"

namespace mailverdict::deliver {

// The result of looking up one name. "No such user" and "the lookup failed" are
// different values.
struct UserAnswer {
  enum class What { kFound, kNotFound, kFailed };
  What what;
  uid_t uid = 0;  // kFound
  int error = 0;  // kFailed: errno
};

// The lookups that PasswdProof makes; tests replace them by ones that fail.
// Called on threads of PasswdProof, several at a time.
struct UserSource {
  // getpwnam_r(3). Its return value decides: 0 without an entry is "not found",
  // and every error is a failure. (POSIX lets ENOENT and others mean "not
  // found", but glibc returns ENOENT also when there is no /etc/passwd. FreeBSD
  // returns EINVAL for a name with an '@', but `name` is a local part.)
  std::function<UserAnswer(const std::string& name)> find;
  // All of nsswitch.conf; nullopt if it cannot be read.
  std::function<std::optional<std::string>()> nsswitch;
};
// The lookups of this host.
UserSource SystemUsers();

// Judges by the local part of an address, and ignores the domain. MTAs differ
// in folding case and in address extensions, so up to four names are looked up:
// the local part, the part before its first '+', and both in lower case. The
// user is absent only if all of them are absent. A quoted local part is
// kUnsure.
//
// Remembers nothing between questions. Thread-safe.
class PasswdProof : public ProofSource {
 public:
  // The most lookups that may be under way, each on a thread of its own, since
  // a lookup through sssd can hang. While this number is reached, every answer
  // is kUnsure at once.
  static constexpr size_t kMaxThreads = 16;

  explicit PasswdProof(UserSource users = SystemUsers());

  Ruling Ask(std::string_view recipient, Deadline deadline) const override;

 private:
  struct Shared;

  // Shared with the threads, which may outlive this object.
  const std::shared_ptr<Shared> shared_;
};

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_USERS_PASSWD_H_

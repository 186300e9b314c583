// The system's users as a proof, for hosts whose mailboxes are their users.
//
// getpwnam(3) is asked, and its "no" is not believed by itself: a name service
// that is down can say exactly that, and an offline sssd finds any control user
// in its cache. So an absence is proven only if
//   - users come from /etc/passwd alone (nsswitch.h), read at that moment;
//   - the same call finds root, uid 0, after the miss.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_USERS_PASSWD_H_
#define MAILVERDICT_ADAPTERS_DELIVER_USERS_PASSWD_H_

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/deliver/users/unknown_rule.h"

namespace mailverdict::deliver {

// What a lookup says of one name. "No" and "don't know" are never one value.
struct UserAnswer {
  enum class What { kFound, kNotFound, kFailed };
  What what;
  uid_t uid = 0;  // kFound
  int error = 0;  // kFailed: errno
};

// The lookups of PasswdProof. Tests put others in their place, which fail.
// Called on threads of the proof's own, several at a time.
struct UserSource {
  // getpwnam_r. Its return value is what tells: 0 and no entry is "not found",
  // anything else failed. POSIX lets ENOENT and more mean "not found"; glibc
  // says ENOENT when it has no /etc/passwd, so for us they do not. (FreeBSD
  // says EINVAL for a name with an '@'; we ask for local parts.)
  std::function<UserAnswer(const std::string& name)> find;
  // All of nsswitch.conf; nullopt if it cannot be read.
  std::function<std::optional<std::string>()> nsswitch;
};
UserSource SystemUsers();

// Judges by the local part, whatever the domain is. The local part is tried as
// it is and ahead of its first '+', each also in lower case, as MTAs differ in
// both: it is absent if all of these are. A quoted one is never judged.
class PasswdProof : public ProofSource {
 public:
  // A lookup that hangs (sssd does that) leaves its thread behind. No more than
  // this many: then the answer is kUnsure at once, until one comes back.
  static constexpr size_t kMaxThreads = 16;

  explicit PasswdProof(UserSource users = SystemUsers());

  Ruling Ask(std::string_view recipient, Deadline deadline) const override;

 private:
  struct Shared;

  const std::shared_ptr<Shared> shared_;  // the threads', too
};

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_USERS_PASSWD_H_

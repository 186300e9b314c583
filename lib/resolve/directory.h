// Mailboxes from an LDAP directory.
//
// One server, one connection, one thread of its own (directory_worker.h),
// because libldap blocks while it connects. Searches on the connection are
// pipelined; lookups that have to wait share the next search, and the controls
// ride in every one.
//
// A server that is down costs nothing: lookups are Unknown at once, while the
// thread goes on trying in the background.

#ifndef MAILVERDICT_LIB_RESOLVE_DIRECTORY_H_
#define MAILVERDICT_LIB_RESOLVE_DIRECTORY_H_

#include <memory>
#include <thread>

#include "lib/core/policy.h"
#include "lib/resolve/executor.h"
#include "lib/resolve/resolver.h"

namespace mailverdict {

class DirectoryWorker;

class Directory final : public Resolver {
 public:
  // `executor` outlives the directory.
  Directory(std::shared_ptr<const DirectoryPolicy> policy, Executor* executor,
            DirectoryHooks hooks);

  // Does not wait for the server: a thread that is connecting is left to find
  // out by itself that it is no longer wanted. Lookups without an answer are
  // dropped; what their `done` holds is let go of here, on the loop's thread.
  ~Directory() override;

  void Resolve(const MailboxLookup& lookup, Done done) override;

 private:
  const std::shared_ptr<DirectoryWorker> worker_;
  std::thread thread_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_RESOLVE_DIRECTORY_H_

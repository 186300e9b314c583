// Mailboxes from an LDAP directory, which one or several servers have.
//
// A server that cannot say (it refuses, hangs, has lost a control, is empty,
// answers anything but success) is passed over, and the next one is asked: an
// answer is Unknown only when none of them can say. Those that are failing are
// asked last of all; directory_server.h tells how they are found to be well.

#ifndef MAILVERDICT_LIB_RESOLVE_DIRECTORY_H_
#define MAILVERDICT_LIB_RESOLVE_DIRECTORY_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "lib/core/policy.h"
#include "lib/resolve/executor.h"
#include "lib/resolve/resolver.h"

namespace mailverdict {

class DirectoryServer;

// Loop's thread only.
class Directory final : public Resolver {
 public:
  // `executor` outlives the directory. REQUIRES: the policy has a server.
  Directory(std::shared_ptr<const DirectoryPolicy> policy, Executor* executor,
            DirectoryHooks hooks);
  // Waits for no server; see DirectoryServer.
  ~Directory() override;

  void Resolve(const MailboxLookup& lookup, Done done) override;

  // Of each server, in the policy's order.
  std::vector<ServerState> servers() const override;

 private:
  struct Asking;
  struct Server {
    std::unique_ptr<DirectoryServer> server;
    bool failing = false;
    bool late = false;  // was passed over, and has not answered since
    bool well() const { return !failing && !late; }
  };

  DirectoryHooks HooksFor(size_t server, const DirectoryHooks& hooks);
  bool NobodyIsWell() const;
  std::vector<size_t> Order();
  void AskNext(const std::shared_ptr<Asking>& asking);
  absl::Duration PatienceOf(const Asking& asking) const;
  void PassOver(const std::shared_ptr<Asking>& asking, size_t server);
  void Take(const std::shared_ptr<Asking>& asking, size_t server,
            const Answer& answer);
  void Finish(const std::shared_ptr<Asking>& asking, const Answer& answer);

  const std::shared_ptr<const DirectoryPolicy> policy_;
  Executor* const executor_;
  // What calls back later looks here first: null, and the directory has gone.
  std::shared_ptr<Directory*> self_;
  std::vector<Server> servers_;
  size_t turn_ = 0;      // of kSpread
  bool outage_ = false;  // a lookup has ended because nobody answered
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_RESOLVE_DIRECTORY_H_

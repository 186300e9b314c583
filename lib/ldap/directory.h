// Mailboxes from an LDAP directory, which one or several servers have.
//
// A server that cannot say (it refuses, hangs, has lost a control, is empty,
// answers anything but success) is passed over, and the next one is asked: an
// answer is Unknown only when none of them can say. Those that are failing are
// asked last of all; directory_server.h tells how they are found to be well.
//
// Whoever is absent on one is asked for on the next, if the policy wants that
// (confirm_absent): he is absent if two say so, each with its own controls.

#ifndef MAILVERDICT_LIB_LDAP_DIRECTORY_H_
#define MAILVERDICT_LIB_LDAP_DIRECTORY_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "lib/loop/executor.h"
#include "lib/policy/policy.h"
#include "lib/resolver/resolver.h"

namespace mailverdict {

class BindAccount;
class DirectoryServer;

// Loop's thread only.
class Directory final : public Resolver {
 public:
  // `executor` outlives the directory. `account`: shared with other directories
  // that bind as the same; null: one of its own. REQUIRES: the policy has a
  // server.
  Directory(std::shared_ptr<const DirectoryPolicy> policy, Executor* executor,
            HealthHooks hooks, std::shared_ptr<BindAccount> account = nullptr);
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
    // When the log was told that it lacks somebody whom another one has.
    absl::Time lacked = absl::InfinitePast();
    bool well() const { return !failing && !late; }
  };

  HealthHooks HooksFor(size_t server, const HealthHooks& hooks);
  bool NobodyIsWell() const;
  std::vector<size_t> Order();
  void AskNext(const std::shared_ptr<Asking>& asking);
  absl::Duration PatienceOf(const Asking& asking) const;
  void PassOver(const std::shared_ptr<Asking>& asking, size_t server);
  void Take(const std::shared_ptr<Asking>& asking, size_t server,
            const Answer& answer);
  void Lacks(size_t server, const Answer& present);
  void GiveUp(const std::shared_ptr<Asking>& asking);
  void Finish(const std::shared_ptr<Asking>& asking, const Answer& answer);

  const std::shared_ptr<const DirectoryPolicy> policy_;
  Executor* const executor_;
  const std::function<void(const std::string&)> log_;
  // What calls back later looks here first: null, and the directory has gone.
  std::shared_ptr<Directory*> self_;
  std::set<std::shared_ptr<Asking>> asking_;  // those that are not finished
  std::vector<Server> servers_;
  size_t turn_ = 0;      // of kSpread
  bool outage_ = false;  // a lookup has ended because nobody answered
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_DIRECTORY_H_

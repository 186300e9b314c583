// Looks mailboxes up in an LDAP directory that has one server or several.
//
// A server that cannot say (it refuses, hangs, has lost a control, is empty,
// answers anything but success) is passed over, and the next one is asked. An
// answer is Unknown only when no server can say. Servers that are failing are
// asked last; server.h says how they are found to be well again.
//
// With confirm_absent in the policy, an address that one server does not have
// is asked for at a second one. It is absent if both say so, each with its own
// controls.
//
// An alarm tells when no lookup is answered for an hour though no server is
// failing (lookup_alarm.h).

#ifndef MAILVERDICT_LIB_LDAP_DIRECTORY_H_
#define MAILVERDICT_LIB_LDAP_DIRECTORY_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"
#include "lib/loop/executor.h"
#include "lib/policy/policy.h"
#include "lib/resolver/lookup_alarm.h"
#include "lib/resolver/resolver.h"

namespace mailverdict {

class BindAccount;
class DirectoryServer;

// Loop's thread only.
class Directory final : public Resolver {
 public:
  // `executor` outlives the directory. `account` is shared with directories
  // that bind as the same account; null: this directory has its own. REQUIRES:
  // the policy has a server.
  Directory(std::shared_ptr<const DirectoryPolicy> policy, Executor* executor,
            HealthHooks hooks, std::shared_ptr<BindAccount> account = nullptr);
  // Waits for no server (~DirectoryServer). Lookups without an answer are
  // dropped.
  ~Directory() override;

  void Resolve(const MailboxLookup& lookup, Done done) override;

  // The state of each server, in the policy's order.
  std::vector<ServerState> servers() const override;

 private:
  struct Asking;
  struct Server {
    std::unique_ptr<DirectoryServer> server;
    bool failing = false;
    bool late = false;  // was passed over, and has not answered since
    // When the log last said that it lacks an entry that another server has.
    absl::Time lacked = absl::InfinitePast();
    bool well() const { return !failing && !late; }
  };

  HealthHooks HooksFor(size_t server, const HealthHooks& hooks);
  bool NoServerIsWell() const;
  std::vector<size_t> Order();
  void AskNext(const std::shared_ptr<Asking>& asking);
  absl::Duration PatienceOf(const Asking& asking) const;
  void PassOver(const std::shared_ptr<Asking>& asking, size_t server);
  void Take(const std::shared_ptr<Asking>& asking, size_t server,
            const Answer& answer);
  void Lacks(size_t server, const Answer& present);
  void GiveUp(const std::shared_ptr<Asking>& asking);
  void Finish(const std::shared_ptr<Asking>& asking, const Answer& answer);
  void Note(const Answer& answer);

  const std::shared_ptr<const DirectoryPolicy> policy_;
  Executor* const executor_;
  const std::function<void(const std::string&)> log_;
  // For servers and hooks that call back later: null once the directory is
  // gone.
  std::shared_ptr<Directory*> self_;
  std::vector<Server> servers_;
  absl::flat_hash_set<std::shared_ptr<Asking>> asking_;  // under way
  LookupAlarm alarm_;
  size_t turn_ = 0;      // of kSpread
  bool outage_ = false;  // a lookup has ended because no server answered
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_DIRECTORY_H_

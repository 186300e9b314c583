// Looks mailboxes up in an LDAP directory that has one server or several.
//
// If a server gives no answer that counts (it refuses, hangs, lacks a control,
// is empty, or answers anything but success), the next server is asked. An
// answer is Unknown only if no server gives one that counts. Failing servers
// are asked last; server.h says how their recovery is noticed.
//
// If the policy sets confirm_absent, an address that one server reports as
// absent is also looked up at a second server. It is absent only if both say
// so, each with its own controls.
//
// A line is logged if, for an hour, every lookup was Unknown although at least
// one server is not failing (lookup_alarm.h).

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
class Directory final : public MailboxResolver {
 public:
  // `executor` outlives the directory. `account` is shared with directories
  // that bind as the same account; null: this directory has its own. REQUIRES:
  // the policy has a server.
  Directory(std::shared_ptr<const DirectoryPolicy> policy, Executor* executor,
            HealthHooks hooks, std::shared_ptr<BindAccount> account = nullptr);
  // Does not wait for a server (see ~DirectoryServer). Drops the lookups that
  // have no answer yet.
  ~Directory() override;

  void Resolve(const MailboxLookup& lookup, Done done) override;

  // The state of each server, in the policy's order.
  std::vector<ServerState> servers() const override;

 private:
  struct Asking;
  struct Server {
    std::unique_ptr<DirectoryServer> server;
    bool failing = false;
    bool late = false;  // it missed a deadline, and has not answered since
    // When it was last logged that it lacks an entry that another server has.
    absl::Time lacked = absl::InfinitePast();
    bool well() const { return !failing && !late; }
  };

  HealthHooks HooksFor(size_t server, const HealthHooks& hooks);
  bool NoServerIsWell() const;
  std::vector<size_t> Order();
  void AskNext(const std::shared_ptr<Asking>& asking);
  absl::Duration TimeoutFor(const Asking& asking) const;
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
  // For callbacks of servers and hooks, which may come later. Points to nullptr
  // once the directory is destroyed.
  std::shared_ptr<Directory*> self_;
  std::vector<Server> servers_;
  absl::flat_hash_set<std::shared_ptr<Asking>> asking_;  // under way
  LookupAlarm alarm_;
  size_t turn_ = 0;      // for kSpread: the number of lookups so far
  bool outage_ = false;  // a lookup has ended because no server answered
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_DIRECTORY_H_

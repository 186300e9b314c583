// One server of a directory: one connection, one thread of its own
// (directory_worker.h), because libldap blocks while it connects. Searches on
// the connection are pipelined; lookups that have to wait share the next
// search, and the controls ride in every one.
//
// Its host name is looked up again in the background. When that means other
// addresses than the one that the connection goes to, the searches under way
// are finished and the connection is made anew: a machine that was replaced may
// go on answering, with the people of its last day.
//
// A server that is down costs nothing: lookups are Unknown at once, while the
// thread goes on trying in the background. One that answers and cannot vouch is
// probed with the controls alone, each kProbe, until it can; one whose
// connection is idle, each `probe_idle` of the policy (idle_watch.h). A server
// that refuses the bind is tried ever more rarely (bind_account.h).

#ifndef MAILVERDICT_LIB_LDAP_SERVER_H_
#define MAILVERDICT_LIB_LDAP_SERVER_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "lib/ldap/host_watch.h"
#include "lib/loop/executor.h"
#include "lib/loop/timer.h"
#include "lib/policy/policy.h"
#include "lib/resolver/resolver.h"

namespace mailverdict {

class BindAccount;
class DirectoryWorker;

class DirectoryServer final : public Resolver {
 public:
  // Between two attempts to start a thread when the machine has none to spare.
  // Meanwhile lookups are Unknown, and the server is failing.
  static constexpr absl::Duration kStartAgain = absl::Seconds(1);

  // `server` counts the policy's uris. `executor` outlives this. Each
  // `look_up_every` the host name is looked up again.
  // `account`: shared with the directory's other servers; null: one of its own.
  DirectoryServer(std::shared_ptr<const DirectoryPolicy> policy, size_t server,
                  Executor* executor, HealthHooks hooks,
                  absl::Duration look_up_every = HostWatch::kEvery,
                  std::shared_ptr<BindAccount> account = nullptr);

  // Waits for no server and no lookup of its name: a thread that is about one
  // of them is left to find out by itself that it is no longer wanted. Lookups
  // without an answer are dropped; what their `done` holds is let go of here,
  // on the loop's thread.
  ~DirectoryServer() override;

  void Resolve(const MailboxLookup& lookup, Done done) override;

  ServerState state() const;

 private:
  void StartThreads();
  absl::Status StartWatch();

  const std::string uri_;
  const absl::Duration look_up_every_;
  const std::function<void(const std::string&)> log_;
  const std::shared_ptr<DirectoryWorker> worker_;
  std::thread thread_;                // not joinable: there was none to spare
  std::unique_ptr<HostWatch> watch_;  // null: its URI has no name, or the same
  bool said_not_watched_ = false;     // to the log
  Timer start_again_;                 // what had no thread
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_SERVER_H_

// One server of a directory, with one connection and one thread (worker.h),
// because libldap blocks while it connects. Searches on the connection are
// pipelined. Lookups that have to wait share the next search, and every search
// has the controls in it.
//
// The server's host name is resolved periodically in the background. When its
// addresses no longer include the one that the connection goes to, the searches
// under way are finished and a new connection is made: a machine that was
// replaced may go on answering with old data.
//
// While the server is down, lookups are Unknown at once, and the thread goes on
// connecting. A server that answers and cannot vouch is probed with the
// controls alone, every kProbe, until it can. A connection that is idle is
// probed every `probe_idle` of the policy (idle_watch.h). A server that refuses
// the bind is tried ever more rarely (bind_account.h).

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

  // `server` is the index of its URI in the policy. `executor` outlives this.
  // The host name is resolved every `look_up_every`. `account` is shared with
  // the directory's other servers; null: this server has its own.
  DirectoryServer(std::shared_ptr<const DirectoryPolicy> policy, size_t server,
                  Executor* executor, HealthHooks hooks,
                  absl::Duration look_up_every = HostWatch::kEvery,
                  std::shared_ptr<BindAccount> account = nullptr);

  // Waits neither for the server nor for name resolution: a thread that is
  // blocked in one of them ends by itself later. Lookups without an answer are
  // dropped, and their `done` is destroyed here, on the loop's thread.
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

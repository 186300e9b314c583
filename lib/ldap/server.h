// One server of a directory. It has one connection and one thread (worker.h),
// because libldap blocks while it connects. Several searches may be under way
// on the connection. Lookups that have to wait share the next search, and every
// search includes the controls.
//
// The server's host name is resolved again and again in the background. If the
// connection's address is no longer one of the name's addresses, the searches
// under way are finished and a new connection is made: a machine that was
// replaced may still answer with old data.
//
// While the server is down, lookups are Unknown at once, and the thread keeps
// trying to connect. A server that answers but lacks a control is probed with
// the controls alone, every DirectoryWorker::kProbe, until it has them again.
// An idle connection is probed every `probe_idle` of the policy (idle_watch.h).
// Each refused bind makes the wait before the next attempt longer, up to a
// limit (bind_account.h).

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

class DirectoryServer final : public MailboxResolver {
 public:
  // The time between two attempts to start a thread, if the system allows no
  // further thread. Meanwhile lookups are Unknown, and the server counts as
  // failing.
  static constexpr absl::Duration kStartAgain = absl::Seconds(1);

  // `server` is the index of its URI in the policy. `executor` outlives this.
  // The host name is resolved every `look_up_every`. `account` is shared with
  // the directory's other servers; null: this server has its own.
  DirectoryServer(std::shared_ptr<const DirectoryPolicy> policy, size_t server,
                  Executor* executor, HealthHooks hooks,
                  absl::Duration look_up_every = HostWatch::kEvery,
                  std::shared_ptr<BindAccount> account = nullptr);

  // Does not wait for the server or for name resolution: a thread that is
  // blocked in one of them ends by itself later. Drops the lookups that have no
  // answer yet; their `done` is destroyed here, on the loop's thread.
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
  std::thread thread_;  // not joinable: it could not be started yet
  // nullptr: the URI has no host name, or the thread could not be started yet.
  std::unique_ptr<HostWatch> watch_;
  bool said_not_watched_ = false;  // logged that there is no HostWatch
  Timer start_again_;              // tries StartThreads again
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_SERVER_H_

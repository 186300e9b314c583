// The thread behind one server of a directory. It keeps one connection, sends
// the lookups that wait, and divides each result among its lookups.

#ifndef MAILVERDICT_LIB_LDAP_WORKER_H_
#define MAILVERDICT_LIB_LDAP_WORKER_H_

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "lib/ldap/bind_account.h"
#include "lib/ldap/connection.h"
#include "lib/ldap/host_addresses.h"
#include "lib/ldap/idle_watch.h"
#include "lib/ldap/questions.h"
#include "lib/loop/executor.h"
#include "lib/policy/policy.h"
#include "lib/resolver/resolver.h"
#include "lib/resolver/server_health.h"

namespace mailverdict {

class DirectoryWorker {
 public:
  // Searches under way at a time. Further lookups wait, and share a search.
  static constexpr size_t kMaxSearches = 8;
  // Lookups that wait for a search. A healthy directory answers this many in a
  // tenth of its timeout. A lookup behind more of them would be given up before
  // its turn, and each one takes memory.
  static constexpr size_t kMaxWaiting = 4096;
  // From a failed attempt to connect to the next one.
  static constexpr absl::Duration kRetry = absl::Milliseconds(500);
  // From one search for the controls alone to the next, while they do not pass.
  static constexpr absl::Duration kProbe = absl::Seconds(1);

  // `server` is the index of the server's URI in the policy. `account` is
  // shared by the directory's servers.
  DirectoryWorker(std::shared_ptr<const DirectoryPolicy> policy, size_t server,
                  Executor* executor, HealthHooks hooks,
                  std::shared_ptr<BindAccount> account);
  ~DirectoryWorker();

  // As Resolver::Resolve. While the server is down, and while connecting to it
  // has taken longer than the policy's timeout, the answer is Unknown at once.
  // Loop's thread.
  void Resolve(const MailboxLookup& lookup, Resolver::Done done);

  // Tells the addresses that the server's host name has now, at least one. Any
  // thread.
  void SetAddresses(HostAddresses addresses);

  // Ends Run, and drops the lookups that wait. True: Run returns soon, and uses
  // the executor until then. False: Run is blocked in connecting; when that is
  // over it returns, and uses nothing but the policy. Loop's thread.
  bool Stop();

  // Any thread.
  ServerState state() const { return health_.state(); }

  // The thread's body: returns after Stop.
  void Run();

  // There is no thread for Run: lookups are Unknown, until it runs. Loop's
  // thread, while Run does not.
  void CannotRun(const std::string& why);

 private:
  using Round = Question::Round;
  struct Search {
    Questions questions;  // of one round
    std::vector<MailboxLookup> controls;
    absl::Time sent;
    bool idle_probe = false;
  };
  // A connection, and all that is known of it. Never reset member by member:
  // the next connection has a Link of its own.
  struct Link {
    std::unique_ptr<LdapConnection> connection;
    bool proven = false;               // it has answered a search
    bool leaving = false;              // no further search goes there
    absl::Time begun;                  // connecting began
    absl::Duration took;               // connecting took
    std::map<int, Search> searches{};  // under way
  };
  // What to do when a connection is lost.
  enum class Loss {
    kClosed,  // searches under way are sent once more on the next connection
    kSilent,  // the server hangs: lookups are Unknown until it answers
  };
  using Answers = std::vector<std::pair<Resolver::Done, Answer>>;

  bool Stopping();
  bool BeginOpening(absl::Time now);
  bool EndOpening();
  Questions GiveUpOpening(absl::Time now);
  bool Connect();  // false: stopped
  void MarkUp();
  void SendWaiting();
  absl::Time NextProbe() const;
  void Probe();
  void LeaveUntrusted();
  bool HasWaiting();
  bool HasRoom() const;
  std::pair<absl::Time, Round> NextSend() const;
  Questions NextBatch(Round round);
  void Send(Questions questions, std::vector<MailboxLookup> controls,
            bool idle_probe = false);
  void Wait();
  void ReceiveAnswers();
  absl::Duration PatienceFor(const Search& search) const;
  void LoseSilent(const Search& search);
  void FollowName();
  void Settle(Search search, SearchResult result);
  void DropConnection(const std::string& why, Loss loss);
  void GoDown(const std::string& why, absl::Duration retry = kRetry);
  void GiveUp(Questions questions, const std::string& why);
  void GiveUpLate(Questions late, const std::string& why);
  void Deliver(Answers answers);
  Answer Unknown(const Question& question, const std::string& why) const;

  const std::shared_ptr<const DirectoryPolicy> shared_policy_;
  const DirectoryPolicy& policy_;
  const std::string& uri_;  // lives in the policy
  const std::vector<MailboxLookup> all_controls_;
  Executor* const executor_;
  const int wakeup_;  // an eventfd

  mutable std::mutex mutex_;  // guards all up to addresses_
  QuestionQueues waiting_;
  bool full_ = false;  // a lookup was refused, and the thread has not told yet
  bool down_ = false;
  std::string down_why_;
  bool opening_ = false;
  absl::Time opening_since_;
  bool stop_ = false;
  HostAddresses addresses_;  // of the last lookup of the name; taken once

  // What connecting is about just now; read by the loop's thread.
  std::atomic<const char*> step_{LdapConnection::kConnect};

  // The thread's own.
  std::optional<Link> link_;  // none while there is no connection
  absl::Time next_attempt_ = absl::InfinitePast();
  absl::Time next_probe_ = absl::InfinitePast();  // while it is failing
  IdleWatch idle_;
  absl::Time said_forgotten_ = absl::InfinitePast();  // when the log was told
  const std::shared_ptr<BindAccount> account_;
  // The thread's, except while opening_: then the loop's, with mutex_ held.
  ServerHealth health_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_WORKER_H_

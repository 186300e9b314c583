// The thread behind a Directory: keeps one connection, asks what is waiting,
// divides what comes back.

#ifndef MAILVERDICT_LIB_LDAP_WORKER_H_
#define MAILVERDICT_LIB_LDAP_WORKER_H_

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
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
  // Searches under way at a time; further lookups wait and are asked together.
  static constexpr size_t kMaxSearches = 8;
  // Lookups that wait for a search. A directory in good health answers as many
  // in a tenth of its timeout; behind more than these nobody would wait for the
  // last, and each takes memory.
  static constexpr size_t kMaxWaiting = 4096;
  // Between two attempts to connect.
  static constexpr absl::Duration kRetry = absl::Milliseconds(500);
  // Between two searches for the controls alone, while they do not pass.
  static constexpr absl::Duration kProbe = absl::Seconds(1);

  // `account` is shared by the directory's servers.
  DirectoryWorker(std::shared_ptr<const DirectoryPolicy> policy, size_t server,
                  Executor* executor, HealthHooks hooks,
                  std::shared_ptr<BindAccount> account);
  ~DirectoryWorker();

  // Loop's thread.
  void Resolve(const MailboxLookup& lookup, Resolver::Done done);

  // What the server's host name means by now, never nothing. Any thread.
  void SetAddresses(HostAddresses addresses);

  // Ends Run, and drops the lookups that wait. True if Run will return at once,
  // and so may use the executor until then; false if it is about to connect,
  // and will use nothing but the policy when it is done with that. Loop's
  // thread.
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
  // What to do about a connection that is lost.
  enum class Loss {
    kClosed,  // questions under way are asked once more on the next
    kSilent,  // the server hangs: they are Unknown, and so are the next
  };
  using Answers = std::vector<std::pair<Resolver::Done, Answer>>;

  bool Stopping();
  bool BeginOpening();
  bool EndOpening();
  bool Connect();  // false: stopped
  void MarkUp();
  void SendWaiting();
  absl::Time NextProbe() const;
  void Probe();
  void LeaveUntrusted();
  bool SomebodyWaits();
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
  void Deliver(Answers answers);
  Answer Unknown(const Question& question, const std::string& why) const;

  const std::shared_ptr<const DirectoryPolicy> shared_policy_;
  const DirectoryPolicy& policy_;
  const std::string& uri_;  // lives in the policy
  const std::vector<MailboxLookup> all_controls_;
  Executor* const executor_;
  const int wakeup_;  // an eventfd

  mutable std::mutex mutex_;  // guards the next six
  QuestionLines waiting_;
  bool down_ = false;
  std::string down_why_;
  bool opening_ = false;
  bool stop_ = false;
  HostAddresses addresses_;  // of the last lookup; taken once

  // The thread's own.
  std::unique_ptr<LdapConnection> connection_;
  bool proven_ = false;   // it has answered a search
  bool leaving_ = false;  // no other search goes there
  absl::Time next_attempt_ = absl::InfinitePast();
  absl::Time next_probe_ = absl::InfinitePast();  // while it is failing
  IdleWatch idle_;
  absl::Time said_forgotten_ = absl::InfinitePast();  // to the log
  const std::shared_ptr<BindAccount> account_;
  // Of the connection: when it was begun, and how long it took to make.
  absl::Time opening_since_ = absl::InfinitePast();
  absl::Duration opening_took_;
  std::map<int, Search> searches_;
  ServerHealth health_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_WORKER_H_

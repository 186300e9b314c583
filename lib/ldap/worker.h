// The thread for one server of a directory. It keeps a connection, sends
// searches for the lookups that wait, and divides each result among the lookups
// of its search.

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
  // The most searches under way at a time. Further lookups wait, and then share
  // a search.
  static constexpr size_t kMaxSearches = 8;
  // The most lookups that wait for a search. A healthy directory answers this
  // many in a tenth of its timeout. If more waited, the last ones would time
  // out before they were sent, and all of them take memory.
  static constexpr size_t kMaxWaiting = 4096;
  // The time from a failed attempt to connect to the next attempt.
  static constexpr absl::Duration kRetry = absl::Milliseconds(500);
  // While the controls do not pass: the time from one search for the controls
  // alone to the next.
  static constexpr absl::Duration kProbe = absl::Seconds(1);

  // `server` is the index of the server's URI in the policy. All servers of the
  // directory share `account`.
  DirectoryWorker(std::shared_ptr<const DirectoryPolicy> policy, size_t server,
                  Executor* executor, HealthHooks hooks,
                  std::shared_ptr<BindAccount> account);
  ~DirectoryWorker();

  // Like MailboxResolver::Resolve. The answer is Unknown at once while the
  // server is down, and when the connect that is under way has taken longer
  // than the policy's timeout. Loop's thread only.
  void Resolve(const MailboxLookup& lookup, MailboxResolver::Done done);

  // Reports all addresses that the server's host name has now, at least one.
  // Any thread.
  void SetAddresses(HostAddresses addresses);

  // Makes Run return, and drops the lookups that wait. Returns true if Run
  // returns soon; Run may use the executor until then. Returns false if Run is
  // blocked while it connects. Run then returns after LdapConnection::Open has
  // returned, and until then uses only the policy. Loop's thread only.
  bool Stop();

  // Any thread.
  ServerState state() const { return health_.state(); }

  // What the thread runs. Returns after Stop.
  void Run();

  // Reports that there is no thread for Run. Lookups are Unknown until Run is
  // called. Loop's thread only, and only while Run is not running.
  void CannotRun(const std::string& why);

 private:
  using Group = Question::Group;
  struct Search {
    Questions questions;  // of one group
    std::vector<MailboxLookup> controls;
    absl::Time sent;
    bool idle_probe = false;
  };
  // A connection and its state. The next connection gets a new Session; the
  // members of an old one are never reset.
  struct Session {
    std::unique_ptr<LdapConnection> connection;
    bool proven = false;               // it has answered a search
    bool leaving = false;              // it gets no further search
    absl::Time begun;                  // when connecting began
    absl::Duration took;               // how long connecting took
    std::map<int, Search> searches{};  // under way
  };
  // What to do when a connection is lost.
  enum class Loss {
    kClosed,  // send the searches under way once more, on the next connection
    kSilent,  // the server hangs: answer Unknown until it answers again
  };
  using Answers = std::vector<std::pair<MailboxResolver::Done, Answer>>;

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
  std::pair<absl::Time, Group> NextSend() const;
  Questions NextBatch(Group group);
  void Send(Questions questions, std::vector<MailboxLookup> controls,
            bool idle_probe = false);
  void Wait();
  void ReceiveAnswers();
  absl::Duration TimeoutFor(const Search& search) const;
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
  bool full_ = false;  // a lookup was refused; the thread has to report it
  bool down_ = false;
  std::string down_why_;
  bool opening_ = false;
  absl::Time opening_since_;
  bool stop_ = false;
  HostAddresses addresses_;  // from SetAddresses, until the thread takes them

  // The step of LdapConnection::Open that is under way. The loop's thread reads
  // it.
  std::atomic<const char*> step_{LdapConnection::kConnect};

  // Used by the thread only.
  std::optional<Session> session_;  // none while there is no connection
  absl::Time next_attempt_ = absl::InfinitePast();
  absl::Time next_probe_ = absl::InfinitePast();  // while it is failing
  IdleWatch idle_;
  // When it was last logged that an idle connection was forgotten.
  absl::Time said_forgotten_ = absl::InfinitePast();
  const std::shared_ptr<BindAccount> account_;
  // Used by the thread only, except while opening_ is true: then only by the
  // loop's thread, with mutex_ locked.
  ServerHealth health_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_WORKER_H_

// The thread behind a Directory: keeps one connection, asks what is waiting,
// divides what comes back.

#ifndef MAILVERDICT_LIB_RESOLVE_DIRECTORY_WORKER_H_
#define MAILVERDICT_LIB_RESOLVE_DIRECTORY_WORKER_H_

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "lib/core/health.h"
#include "lib/core/policy.h"
#include "lib/resolve/executor.h"
#include "lib/resolve/ldap_connection.h"
#include "lib/resolve/resolver.h"

namespace mailverdict {

class DirectoryWorker {
 public:
  // Searches under way at a time; further lookups wait and are asked together.
  static constexpr size_t kMaxSearches = 4;
  // Lookups in one search, and the bytes of the values that they ask for: four
  // searches fit into the buffers of a connection, and slapd closes one that
  // asks more than 256 KiB in a search (slapd.conf(5), sockbuf_max_incoming).
  static constexpr size_t kMaxBatch = 16;
  static constexpr size_t kMaxBatchBytes = 16 << 10;
  // Lookups that wait for a search. A directory in good health answers as many
  // in a tenth of its timeout; behind more than these nobody would wait for the
  // last, and each takes memory.
  static constexpr size_t kMaxWaiting = 4096;
  // Between two attempts to connect.
  static constexpr absl::Duration kRetry = absl::Milliseconds(500);
  // Between two searches for the controls alone, while they do not pass.
  static constexpr absl::Duration kProbe = absl::Seconds(1);

  DirectoryWorker(std::shared_ptr<const DirectoryPolicy> policy, size_t server,
                  Executor* executor, DirectoryHooks hooks);
  ~DirectoryWorker();

  // Loop's thread.
  void Resolve(const MailboxLookup& lookup, Resolver::Done done);

  // Ends Run, and drops the lookups that wait. True if Run will return at once,
  // and so may use the executor until then; false if it is about to connect,
  // and will use nothing but the policy when it is done with that. Loop's
  // thread.
  bool Stop();

  // Any thread.
  ServerState state() const;

  // The thread's body: returns after Stop.
  void Run();

 private:
  // Whom a lookup shares a search with: when a search cannot tell whom it found
  // its misses go on to the next round. As most of them are misses indeed, two
  // searches do for nearly all.
  enum class Round {
    kFirst,  // others that are asked for the first time
    kAgain,  // others that were not found in their first
    kAlone,  // nobody
  };
  // A lookup on its way.
  struct Question {
    MailboxLookup lookup;
    Resolver::Done done;
    absl::Time asked;
    Round round = Round::kFirst;
    bool retried = false;  // its connection was lost once
  };
  using Questions = std::deque<Question>;
  struct Search {
    Questions questions;  // of one round
    std::vector<MailboxLookup> controls;
    absl::Time sent;
  };
  using Answers = std::vector<std::pair<Resolver::Done, Answer>>;

  bool Stopping();
  bool BeginOpening();
  bool EndOpening();
  bool Connect();  // false: stopped
  void MarkUp();
  void SendWaiting();
  bool ProbeIsDue() const;
  void Probe();
  Questions TakeBatch();
  void Send(Questions questions, std::vector<MailboxLookup> controls);
  std::string FilterFor(const Search& search) const;
  void Wait();
  void ReceiveAnswers();
  void Settle(Search search, const SearchResult& result);
  void DropConnection(const std::string& why, bool retry);
  void GoDown(const std::string& why);
  void Report(const std::string& trouble);
  void AskAgain(Questions questions);
  void GiveUp(Questions questions, const std::string& why);
  void Deliver(Answers answers);
  Answer Unknown(const Question& question, const std::string& why) const;

  const std::shared_ptr<const DirectoryPolicy> shared_policy_;
  const DirectoryPolicy& policy_;
  const std::string& uri_;  // lives in the policy
  const std::vector<MailboxLookup> all_controls_;
  Executor* const executor_;
  const std::shared_ptr<const DirectoryHooks> hooks_;
  const int wakeup_;  // an eventfd

  mutable std::mutex mutex_;  // guards the next six
  Questions waiting_;
  bool down_ = false;
  std::string down_why_;
  bool opening_ = false;
  bool stop_ = false;
  ServerState state_;

  // The thread's own.
  std::unique_ptr<LdapConnection> connection_;
  bool proven_ = false;  // it has answered a search
  absl::Time next_attempt_ = absl::InfinitePast();
  absl::Time next_probe_ = absl::InfinitePast();
  std::map<int, Search> searches_;
  Health health_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_RESOLVE_DIRECTORY_WORKER_H_

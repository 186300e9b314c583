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
#include "lib/core/policy.h"
#include "lib/resolve/executor.h"
#include "lib/resolve/health.h"
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
  // Between two attempts to connect.
  static constexpr absl::Duration kRetry = absl::Milliseconds(500);

  DirectoryWorker(std::shared_ptr<const DirectoryPolicy> policy,
                  Executor* executor, DirectoryHooks hooks);
  ~DirectoryWorker();

  // Loop's thread.
  void Resolve(const MailboxLookup& lookup, Resolver::Done done);

  // Ends Run, and drops the lookups that wait. True if Run will return at once,
  // and so may use the executor until then; false if it is about to connect,
  // and will use nothing but the policy when it is done with that. Loop's
  // thread.
  bool Stop();

  // The thread's body: returns after Stop.
  void Run();

 private:
  // A lookup on its way.
  struct Question {
    MailboxLookup lookup;
    Resolver::Done done;
    bool alone = false;    // to be asked in a search of its own
    bool retried = false;  // its connection was lost once
  };
  struct Search {
    std::vector<Question> questions;
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
  std::vector<Question> TakeBatch();
  void Send(std::vector<Question> questions,
            std::vector<MailboxLookup> controls);
  std::string FilterFor(const Search& search) const;
  void Wait();
  void ReceiveAnswers();
  void Settle(Search search, const SearchResult& result);
  void DropConnection(const std::string& why, bool retry);
  void GoDown(const std::string& why);
  void Report(const std::string& trouble);
  void Deliver(Answers answers);
  Answer Unknown(const Question& question, const std::string& why) const;

  const std::shared_ptr<const DirectoryPolicy> shared_policy_;
  const DirectoryPolicy& policy_;
  Executor* const executor_;
  const std::shared_ptr<const DirectoryHooks> hooks_;
  const int wakeup_;  // an eventfd

  std::mutex mutex_;  // guards the next five
  std::deque<Question> waiting_;
  bool down_ = false;
  std::string down_why_;
  bool opening_ = false;
  bool stop_ = false;

  // The thread's own.
  std::unique_ptr<LdapConnection> connection_;
  bool proven_ = false;  // it has answered a search
  absl::Time next_attempt_ = absl::InfinitePast();
  std::map<int, Search> searches_;
  Health health_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_RESOLVE_DIRECTORY_WORKER_H_

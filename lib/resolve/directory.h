// Mailboxes from an LDAP directory.
//
// One server, one connection, one thread of its own, because libldap blocks
// while it connects and binds. Searches on the connection are pipelined;
// lookups that have to wait share the next search, and the controls ride in
// every one.
//
// A server that is down costs nothing: lookups are Unknown at once, while the
// thread goes on trying in the background.

#ifndef MAILVERDICT_LIB_RESOLVE_DIRECTORY_H_
#define MAILVERDICT_LIB_RESOLVE_DIRECTORY_H_

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "lib/core/policy.h"
#include "lib/resolve/executor.h"
#include "lib/resolve/health.h"
#include "lib/resolve/ldap_connection.h"
#include "lib/resolve/resolver.h"

namespace mailverdict {

class Directory final : public Resolver {
 public:
  // Searches under way at a time; further lookups wait and are asked together.
  static constexpr size_t kMaxSearches = 4;
  // Lookups in one search.
  static constexpr size_t kMaxBatch = 16;
  // Between two attempts to connect.
  static constexpr absl::Duration kRetry = absl::Milliseconds(500);

  // `executor` outlives the directory.
  Directory(std::shared_ptr<const DirectoryPolicy> policy, Executor* executor,
            DirectoryHooks hooks);
  // Waits for the thread: up to twice the policy's timeout when the server
  // hangs.
  ~Directory() override;

  void Resolve(const MailboxLookup& lookup, Done done) override;

 private:
  // A lookup on its way.
  struct Question {
    MailboxLookup lookup;
    Done done;
    bool alone = false;    // to be asked in a search of its own
    bool retried = false;  // its connection was lost once
  };
  struct Search {
    std::vector<Question> questions;
    std::vector<MailboxLookup> controls;
    absl::Time sent;
  };
  using Answers = std::vector<std::pair<Done, Answer>>;

  // All below run on the directory's thread.
  void Run();
  bool Stopping();
  void Connect();
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
  int wakeup_ = -1;  // an eventfd

  std::mutex mutex_;  // guards the next four
  std::deque<Question> waiting_;
  bool down_ = false;
  std::string down_why_;
  bool stop_ = false;

  // The thread's own.
  std::unique_ptr<LdapConnection> connection_;
  absl::Time next_attempt_ = absl::InfinitePast();
  std::map<int, Search> searches_;
  Health health_;

  std::thread thread_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_RESOLVE_DIRECTORY_H_

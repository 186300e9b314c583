// Drives the core: asks what a verdict still needs, and gives up in time.

#ifndef MAILVERDICT_LIB_RESOLVE_ENGINE_H_
#define MAILVERDICT_LIB_RESOLVE_ENGINE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "lib/core/chain.h"
#include "lib/core/overrides.h"
#include "lib/core/policy.h"
#include "lib/history/history.h"
#include "lib/resolve/answer_cache.h"
#include "lib/resolve/executor.h"
#include "lib/resolve/resolver.h"

namespace mailverdict {

// One policy at work: its chain, its directories with their caches. A new
// policy is a new engine; verdicts under way keep the old one alive until they
// are given. Loop's thread only.
class Engine : public std::enable_shared_from_this<Engine> {
 public:
  // The transaction is the one that was judged: with `now` and `local`.
  using Done = std::function<void(const Transaction&, const Verdict&)>;
  using Log = std::function<void(const std::string&)>;
  // Makes the resolver of one directory: LDAP in earnest, a script in tests.
  using DirectoryFactory = std::function<std::shared_ptr<Resolver>(
      std::shared_ptr<const DirectoryPolicy>, DirectoryHooks)>;

  // `executor` and `history` outlive the engine; `log` gets the directories'
  // lines.
  static std::shared_ptr<Engine> Create(std::shared_ptr<const Policy> policy,
                                        Executor* executor, History* history,
                                        const DirectoryFactory& directories,
                                        const Log& log);

  // Calls `done` exactly once, perhaps before it returns, within the policy's
  // deadline whatever happens. `transaction.now` and `.local` are filled in.
  // What the verdict wants remembered is written before `done`.
  void Judge(Transaction transaction, Done done);

  // The same, and nothing is remembered: for a person who asks.
  void Explain(Transaction transaction, Done done);

  // Of the directory of that name; none of one that there is not.
  std::vector<ServerState> Servers(const std::string& directory) const;

  // What operators have set; in force from the next evaluation on, of verdicts
  // under way too.
  const Overrides& overrides() const { return overrides_; }
  void SetOverrides(Overrides overrides);

  const Policy& policy() const { return *policy_; }
  const Chain& chain() const { return chain_; }

  // Lets go of the directories. Verdicts under way are given at their deadline,
  // later ones at once: the directories are Unknown.
  void Stop();

 private:
  struct Job;

  Engine(std::shared_ptr<const Policy> policy, Executor* executor,
         History* history);
  void Start(Transaction transaction, bool remember, Done done);
  void Advance(const std::shared_ptr<Job>& job);
  void AskAll(const std::shared_ptr<Job>& job, std::vector<Lookup> lookups);
  void Expire(const std::shared_ptr<Job>& job);
  void Finish(Job& job, const Verdict& verdict);
  void ForgetDoubted(const Verdict& verdict);

  struct Source {
    std::shared_ptr<Resolver> directory;
    std::unique_ptr<AnswerCache> cache;
  };

  const std::shared_ptr<const Policy> policy_;
  Overrides overrides_;
  Chain chain_;  // with the overrides
  Executor* const executor_;
  History* const history_;
  absl::flat_hash_map<std::string, Source> sources_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_RESOLVE_ENGINE_H_

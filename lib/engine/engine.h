// Drives the core: asks what a verdict still needs, and gives up in time.

#ifndef MAILVERDICT_LIB_ENGINE_ENGINE_H_
#define MAILVERDICT_LIB_ENGINE_ENGINE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "lib/checks/build_chain.h"
#include "lib/core/chain.h"
#include "lib/dns/controls.h"
#include "lib/dns/voucher.h"
#include "lib/engine/answer_cache.h"
#include "lib/engine/dns_cache.h"
#include "lib/engine/passes.h"
#include "lib/history/history.h"
#include "lib/loop/executor.h"
#include "lib/policy/overrides.h"
#include "lib/policy/policy.h"
#include "lib/resolver/resolver.h"

namespace mailverdict {

// One policy at work: its chain, its directories and DNS with their caches. A
// new policy is a new engine; verdicts under way keep the old one alive until
// they are given. Loop's thread only.
class Engine : public std::enable_shared_from_this<Engine> {
 public:
  // The transaction is the one that was judged: with `now` and `local`.
  using Done = std::function<void(const Transaction&, const Verdict&)>;
  using Log = std::function<void(const std::string&)>;
  // Makes the resolver of one directory: LDAP in earnest, a script in tests.
  using DirectoryFactory = std::function<std::shared_ptr<Resolver>(
      std::shared_ptr<const DirectoryPolicy>, HealthHooks)>;
  // Makes the servers of DNS.
  using NamesFactory = std::function<std::shared_ptr<NameServers>(
      std::shared_ptr<const Policy>)>;
  using ChainFactory =
      std::function<Chain(std::shared_ptr<const Policy>, const Overrides&)>;
  // What an engine is made of.
  struct Parts {
    DirectoryFactory directories;
    NamesFactory names;  // called if the policy asks DNS
    ChainFactory chain = BuildChain;
  };

  // `executor` and `history` outlive the engine; `log` gets the lines of the
  // directories and of DNS.
  static std::shared_ptr<Engine> Create(std::shared_ptr<const Policy> policy,
                                        Executor* executor, History* history,
                                        const Parts& parts, const Log& log);

  // The verdict, if the same transaction has passed a moment ago (passes.h):
  // then nothing needs to be asked, worked out or remembered; else nullptr. It
  // lives as long as the engine.
  const Verdict* Recall(const TransactionView& transaction);
  // Everybody is judged anew: the history has been changed by hand.
  void ForgetPasses() { passes_.Forget(); }

  // Calls `done` exactly once, perhaps before it returns, within the policy's
  // deadline whatever happens; what a list has not said within the budget of
  // its check is not waited for. `transaction.now` and `.local` are filled in.
  // What the verdict wants remembered is written before `done`.
  void Judge(Transaction transaction, Done done);

  // The same, and nothing is remembered: for a person who asks.
  void Explain(Transaction transaction, Done done);

  // Of the directory of that name; none of one that there is not.
  std::vector<ServerState> Servers(const std::string& directory) const;
  // Of DNS: for names in general (nullptr), or for one of the policy's lists.
  std::vector<ServerState> DnsServers(const DnsList* list) const;

  // What operators have set; in force from the next evaluation on, of verdicts
  // under way too.
  const Overrides& overrides() const { return overrides_; }
  void SetOverrides(Overrides overrides);

  const Policy& policy() const { return *policy_; }
  // For who needs it longer than the engine lives; any thread may let it go.
  const std::shared_ptr<const Policy>& shared_policy() const { return policy_; }
  const Chain& chain() const { return chain_; }

  // Lets go of the directories and of DNS. Verdicts under way are given at
  // their deadline, later ones at once: all of them are Unknown.
  void Stop();

 private:
  struct Job;

  Engine(std::shared_ptr<const Policy> policy, Executor* executor,
         History* history, const ChainFactory& make_chain);
  void AddDirectory(const DirectoryPolicy& policy,
                    const DirectoryFactory& directories, const Log& log);
  void Start(Transaction transaction, bool remember, Done done);
  void UseDns(std::shared_ptr<NameServers> servers, const Log& log);
  void Advance(const std::shared_ptr<Job>& job);
  void AskAll(const std::shared_ptr<Job>& job, std::vector<Lookup> lookups);
  void Ask(const std::shared_ptr<Job>& job, const Lookup& lookup);
  absl::Duration PatienceFor(const Lookup& lookup) const;
  void Expect(const std::shared_ptr<Job>& job, absl::Duration patience);
  void Finish(Job& job, const Verdict& verdict);
  void ForgetDoubted(const Verdict& verdict);
  void AskAhead(const Verdict& verdict);

  struct Source {
    std::shared_ptr<Resolver> directory;
    std::unique_ptr<AnswerCache> cache;
  };
  // From the servers up to what asks them, each holding the one before.
  struct Dns {
    std::shared_ptr<NameServers> servers;
    std::unique_ptr<DnsControls> controls;
    std::unique_ptr<DnsVoucher> voucher;
    std::unique_ptr<DnsCache> cache;
  };

  const std::shared_ptr<const Policy> policy_;
  const ChainFactory make_chain_;
  Overrides overrides_;
  Chain chain_;  // with the overrides
  Passes passes_;
  Executor* const executor_;
  History* const history_;
  absl::flat_hash_map<std::string, Source> sources_;
  std::unique_ptr<Dns> dns_;  // null: it is not asked
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_ENGINE_ENGINE_H_

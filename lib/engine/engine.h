// Drives the core: looks up what a verdict still needs, and stops waiting at
// the policy's deadline.
//
//   Engine::Parts parts;  // how directories and DNS are asked
//   auto engine = Engine::Create(policy, loop, history, parts, log);
//   engine->Judge(transaction, [](const Transaction&, const Verdict& verdict) {
//     ... say it to the MTA ...
//   });
//
// A new policy is a new engine, which takes over from its predecessor all that
// the two policies say the same about:
//
//   engine = Engine::Create(changed, loop, history, parts, log, engine.get());

#ifndef MAILVERDICT_LIB_ENGINE_ENGINE_H_
#define MAILVERDICT_LIB_ENGINE_ENGINE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "lib/checks/build_chain.h"
#include "lib/core/chain.h"
#include "lib/engine/cached_sources.h"
#include "lib/history/history.h"
#include "lib/loop/executor.h"
#include "lib/policy/overrides.h"
#include "lib/policy/policy.h"
#include "lib/resolver/resolver.h"

namespace mailverdict {

// One policy at work: its chain, its directories and DNS with their caches.
// Verdicts under way keep an engine alive until they are given. Loop's thread
// only.
class Engine : public std::enable_shared_from_this<Engine> {
 public:
  // Gets a verdict, and the transaction as it was judged: with `now`
  // filled in.
  using Done = std::function<void(const Transaction&, const Verdict&)>;
  // Says whether the MTA still waits for the verdict. Once it has said true,
  // `done` follows at once, and the MTA must be given the verdict.
  using StillWaiting = std::function<bool()>;
  using Log = SourceLog;
  using DirectoryFactory = CachedDirectory::Factory;
  using NamesFactory = CachedDns::Factory;
  using ChainFactory =
      std::function<Chain(std::shared_ptr<const Policy>, const Overrides&)>;
  // What an engine is made of.
  struct Parts {
    DirectoryFactory directories;
    NamesFactory names;  // called if the policy asks DNS
    // The servers that `names` asks. They may come from outside of the policy
    // (resolv.conf): an engine takes over its predecessor's DNS only if these
    // are the same, too.
    std::vector<std::string> name_servers;
    ChainFactory chain = BuildChain;
  };

  // `executor` and `history` outlive the engine; `log` gets the lines of the
  // directories and of DNS.
  //
  // Of `predecessor`, if there is one, each directory whose DirectoryPolicy is
  // the same is taken over with its connections and its cache; so is DNS, if
  // DnsPartOf and the servers are the same. The predecessor keeps them, too,
  // for its verdicts under way.
  static std::shared_ptr<Engine> Create(std::shared_ptr<const Policy> policy,
                                        Executor* executor, History* history,
                                        const Parts& parts, const Log& log,
                                        const Engine* predecessor = nullptr);

  // Calls `done` once, perhaps before it returns, and within the policy's
  // deadline whatever happens. The answer of a list is awaited only for the
  // budget of its check. Fills in `transaction.now`.
  //
  // The engine writes the verdict's observations to the history before `done`,
  // so that a retry of the sender finds them.
  //
  // `still_waiting`, if there is one, is called once, before the write. If it
  // says false, the MTA has had its answer (it was told 451, or its connection
  // is gone): nothing is written, and `done` is not called.
  void Judge(Transaction transaction, Done done,
             StillWaiting still_waiting = nullptr);

  // Judges for a person who asks. Writes nothing to the history.
  void Explain(Transaction transaction, Done done);

  // The servers of the directory of that name; empty if there is none.
  std::vector<ServerState> Servers(const std::string& directory) const;
  // The servers of DNS, as names in general are asked of them (nullptr) or as
  // one of the policy's lists is.
  std::vector<ServerState> DnsServers(const DnsList* list) const;

  // What operators have set. In force from the next evaluation on, for verdicts
  // under way, too.
  const Overrides& overrides() const { return overrides_; }
  void SetOverrides(Overrides overrides);

  const Policy& policy() const { return *policy_; }
  // For an owner that outlives the engine. Any thread may let go of it.
  const std::shared_ptr<const Policy>& shared_policy() const { return policy_; }
  const Chain& chain() const { return chain_; }

  // Lets go of the directories and of DNS, and gives the verdicts under way at
  // once: what they had not heard is Unknown to them, and to later ones.
  void Stop();

 private:
  struct Job;
  using SharedJob = std::shared_ptr<Job>;

  Engine(std::shared_ptr<const Policy> policy, Executor* executor,
         History* history, const ChainFactory& make_chain);
  void UseDirectory(const DirectoryPolicy& directory, const Parts& parts,
                    const Log& log, const Engine* predecessor);
  void UseDns(const Parts& parts, const Log& log, const Engine* predecessor);
  void Start(SharedJob job);
  void Advance(const SharedJob& job);
  std::optional<Answer> FindAtHand(const Lookup& lookup) const;
  void LookUp(const SharedJob& job, std::vector<Lookup> lookups);
  void Ask(const SharedJob& job, const Lookup& lookup);
  absl::Duration PatienceFor(const Lookup& lookup) const;
  void Expect(Job* job, absl::Duration patience);
  void Finish(const SharedJob& job, const Verdict& verdict);
  void ForgetDoubted(const Verdict& verdict);
  void Prefetch(const Verdict& verdict);

  const std::shared_ptr<const Policy> policy_;
  const ChainFactory make_chain_;
  Overrides overrides_;
  Chain chain_;  // with the overrides
  Executor* const executor_;
  History* const history_;
  absl::flat_hash_map<std::string, std::shared_ptr<CachedDirectory>>
      directories_;                      // by name
  std::shared_ptr<CachedDns> dns_;       // null: DNS is not asked
  absl::flat_hash_set<SharedJob> jobs_;  // each holds this engine
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_ENGINE_ENGINE_H_

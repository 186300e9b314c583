// Drives the core: looks up what a verdict still needs, and stops waiting at
// the policy's deadline.
//
//   Engine::Services services;  // how directories and DNS are asked
//   auto engine = Engine::Create(policy, loop, history, services, log);
//   engine->Judge(transaction, [](const Transaction&, const Verdict& verdict) {
//     ... say it to the MTA ...
//   });
//
// A new policy needs a new engine. It takes over from its predecessor the
// directories and DNS, where their settings are the same in both policies:
//
//   engine = Engine::Create(changed, loop, history, services, log,
//                           engine.get());

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

// Judges by one policy: has its chain, and its directories and DNS with their
// caches. Verdicts under way keep an engine alive until they are given. Loop's
// thread only.
class Engine : public std::enable_shared_from_this<Engine> {
 public:
  // Receives the verdict, and the transaction with `now` filled in.
  using Done = std::function<void(const Transaction&, const Verdict&)>;
  // Returns whether the MTA still waits for the verdict. If it returns true,
  // `done` is called right afterwards, and must give the verdict to the MTA.
  using StillWaiting = std::function<bool()>;
  using Log = SourceLog;
  using DirectoryFactory = CachedDirectory::Factory;
  using DnsFactory = CachedDns::Factory;
  using ChainFactory =
      std::function<Chain(std::shared_ptr<const Policy>, const Overrides&)>;
  // How an engine asks directories and DNS, and how it makes its chain.
  struct Services {
    DirectoryFactory directories;
    DnsFactory dns;  // called if the policy asks DNS
    // The servers that `dns` asks. They may come from resolv.conf and not
    // from the policy, so an engine takes over its predecessor's DNS only if
    // they are the same.
    std::vector<std::string> name_servers;
    ChainFactory chain = BuildChain;
  };

  // Creates an engine. `executor` and `history` must outlive it. `log` receives
  // the log lines of the directories and of DNS.
  //
  // If there is a `predecessor`, the new engine takes over each of its
  // directories whose DirectoryPolicy is the same, with connections and cache.
  // It takes over DNS, too, if DnsSettingsOf and the servers are the same. The
  // predecessor goes on to use them for its verdicts under way.
  static std::shared_ptr<Engine> Create(std::shared_ptr<const Policy> policy,
                                        Executor* executor, History* history,
                                        const Services& services,
                                        const Log& log,
                                        const Engine* predecessor = nullptr);

  // Judges `transaction`, whose `now` it fills in. Calls `done` once, within
  // the policy's deadline whatever happens, and perhaps before Judge returns.
  // Does not call `done` if `still_waiting` returns false. Waits for an answer
  // of a DNS list only for the budget of the check `dnsbl`.
  //
  // Writes the verdict's observations to the history before it calls `done`, so
  // that they are there when the sender retries.
  //
  // `still_waiting` (may be null) is called once, before the write. It returns
  // false if the MTA was told 451 in the meantime, or its connection is gone.
  // Then nothing is written either.
  void Judge(Transaction transaction, Done done,
             StillWaiting still_waiting = nullptr);

  // Like Judge, but for a person who asks why: writes nothing to the history.
  void Explain(Transaction transaction, Done done);

  // The health of the servers of this directory; empty if there is no such
  // directory.
  std::vector<ServerState> Servers(const std::string& directory) const;
  // The health of the DNS servers for lookups in `list`, which is one of the
  // policy's lists, or for names in general if `list` is null.
  std::vector<ServerState> DnsServers(const DnsList* list) const;

  // What operators have set at run time. New overrides are in force from the
  // next evaluation on, also for verdicts under way.
  const Overrides& overrides() const { return overrides_; }
  void SetOverrides(Overrides overrides);

  const Policy& policy() const { return *policy_; }
  // For callers that keep the policy after the engine is destroyed. Any thread
  // may release it.
  const std::shared_ptr<const Policy>& shared_policy() const { return policy_; }
  const Chain& chain() const { return chain_; }

  // Releases the directories and DNS, and gives all verdicts under way at once.
  // Answers that have not come yet are Unknown. Later verdicts get only Unknown
  // from directories and DNS.
  void Stop();

 private:
  struct Job;
  using SharedJob = std::shared_ptr<Job>;

  Engine(std::shared_ptr<const Policy> policy, Executor* executor,
         History* history, const ChainFactory& make_chain);
  void UseDirectory(const DirectoryPolicy& directory, const Services& services,
                    const Log& log, const Engine* predecessor);
  void UseDns(const Services& services, const Log& log,
              const Engine* predecessor);
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
  absl::flat_hash_set<SharedJob> jobs_;  // each keeps this alive
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_ENGINE_ENGINE_H_

// The ordered checks, and the function that evaluates them.
//
//   Evidence evidence;
//   for (;;) {
//     Evaluation e = Evaluate(chain, transaction, evidence);
//     if (auto* verdict = std::get_if<Verdict>(&e)) return *verdict;
//     for (const Lookup& l : std::get<std::vector<Lookup>>(e))
//       evidence.Add(Resolve(l));
//   }

#ifndef MAILVERDICT_LIB_CORE_CHAIN_H_
#define MAILVERDICT_LIB_CORE_CHAIN_H_

#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "lib/core/check.h"

namespace mailverdict {

// The checks of a policy, in order. Keeps the policy alive. Thread-safe when
// it no longer changes.
class Chain {
 public:
  // Of the policy that is left empty: no network is local.
  Chain() : Chain(std::make_shared<const Policy>()) {}
  explicit Chain(std::shared_ptr<const Policy> policy)
      : policy_(std::move(policy)) {}

  void push_back(std::unique_ptr<const Check> check) {
    checks_.push_back(std::move(check));
  }
  auto begin() const { return checks_.begin(); }
  auto end() const { return checks_.end(); }
  const Policy& policy() const { return *policy_; }

 private:
  std::shared_ptr<const Policy> policy_;
  std::vector<std::unique_ptr<const Check>> checks_;
};

// A verdict, or the lookups that it still needs: at least one.
using Evaluation = std::variant<Verdict, std::vector<Lookup>>;

// The checks of the transaction's stage, in order; the first that does not pass
// decides. A check in shadow is written into the trace and the chain goes on.
// A client that has logged in, or is in one of the policy's local networks,
// passes.
//
// Stateless and pure: call it again with more evidence and it starts over. So
// late, repeated or reordered answers do not matter. A caller that answers each
// lookup, with Unknown if it must, always gets a verdict. Thread-safe.
Evaluation Evaluate(const Chain& chain, const Transaction& transaction,
                    const Evidence& evidence);
// The same for a caller that evaluates again and again, and wants the texts of
// the transaction to be parsed once. `facts` are of the chain's policy.
Evaluation Evaluate(const Chain& chain, const Facts& facts,
                    const Evidence& evidence);

// The stages at which a check runs. At any other stage Evaluate passes and asks
// nothing.
StageSet JudgedStages(const Chain& chain);

// What the checks read of a transaction. A check whose facts no adapter tells
// does nothing.
FactSet FactsRead(const Chain& chain);

// The stages at which an adapter has to listen: those of FactsRead; if there is
// any check, also those at which it learns who the client is and whether it has
// logged in.
StageSet NeededStages(const Chain& chain);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_CHAIN_H_

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
  // A chain of the default policy, which has no local networks.
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

// A verdict, or the lookups (at least one) that it still needs answers to.
using Evaluation = std::variant<Verdict, std::vector<Lookup>>;

// Runs the checks of the transaction's stage, in order. The first check that
// does not pass decides. The result of a check in shadow goes into the trace
// only, and the chain goes on. A client that has logged in, or is in one of the
// policy's local networks, passes without any check.
//
// Pure and stateless: every call starts over with the first check, so late,
// repeated or reordered answers do not matter. If the caller answers every
// lookup, if need be with Unknown, it always gets a verdict. Thread-safe.
Evaluation Evaluate(const Chain& chain, const Transaction& transaction,
                    const Evidence& evidence);
// The same for a caller that evaluates again and again, and wants the texts of
// the transaction to be parsed once. REQUIRES: `facts` were made with the
// chain's policy.
Evaluation Evaluate(const Chain& chain, const Facts& facts,
                    const Evidence& evidence);

// The stages at which a check runs. At every other stage Evaluate returns a
// pass and needs no lookups.
StageSet JudgedStages(const Chain& chain);

// The facts that the checks read. A check does nothing if the adapter does not
// fill in the facts that it reads.
FactSet FactsRead(const Chain& chain);

// The stages at which an adapter must listen to the MTA: those at which a check
// runs or a fact of FactsRead becomes known. If there is any check, also
// kConnect, which tells the client's address, and kMail, which tells whether
// the client has logged in.
StageSet NeededStages(const Chain& chain);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_CHAIN_H_

// The ordered checks, and the one function that everything else serves.
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
#include <variant>
#include <vector>

#include "lib/core/check.h"

namespace mailverdict {

using Chain = std::vector<std::unique_ptr<const Check>>;

// A verdict, or the lookups (never none) without which there is none.
using Evaluation = std::variant<Verdict, std::vector<Lookup>>;

// The checks of the transaction's stage, in order; the first that does not pass
// decides. A check in shadow is written into the trace and the chain goes on.
// A client that has logged in or is in a local network passes.
//
// Stateless and pure: call it again with more evidence and it starts over. So
// late, doubled or reordered answers cannot matter, and answering each lookup
// it names, with Unknown if need be, always ends in a verdict. Thread-safe.
Evaluation Evaluate(const Chain& chain, const Transaction& transaction,
                    const Evidence& evidence);

// The stages at which the chain has something to say. At any other, Evaluate
// passes and asks nothing.
StageSet JudgedStages(const Chain& chain);

// The stages whose facts the chain reads; if there is any check, those at which
// it is learned who the client is and whether it has logged in, too.
StageSet NeededStages(const Chain& chain);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_CHAIN_H_

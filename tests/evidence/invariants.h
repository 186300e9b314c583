// Checks what must hold for one verdict. space.h lists the properties.

#ifndef MAILVERDICT_TESTS_EVIDENCE_INVARIANTS_H_
#define MAILVERDICT_TESTS_EVIDENCE_INVARIANTS_H_

#include <cstddef>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "lib/core/chain.h"
#include "tests/evidence/claims.h"

namespace mailverdict {

// One claim for each lookup, in the order in which the chain asked for them.
using ClaimList = std::vector<const Claim*>;

// The properties for one chain and one transaction. Each function returns an
// objection: which property does not hold, or "".
class Invariants {
 public:
  // Both must outlive this object.
  Invariants(const Chain& chain, const Transaction& transaction)
      : chain_(chain), tx_(transaction) {}

  // Checks `verdict`, to which `claims` led. `random` chooses some of the
  // orders in which the claims are tried.
  std::string Objection(const Verdict& verdict, const ClaimList& claims,
                        std::mt19937_64& random);

  // Checks the lookups `missing`, which the chain asked for when `claims` were
  // known.
  static std::string ObjectionToAsking(const std::vector<Lookup>& missing,
                                       const ClaimList& claims);

  // The number of sets of evidence that were evaluated.
  size_t states() const { return states_; }

 private:
  Evaluation Evaluated(const Evidence& evidence);
  std::string OrderObjection(const Verdict& verdict, ClaimList claims,
                             std::mt19937_64& random);
  std::string PrefixObjection(const Verdict& verdict, const ClaimList& order);
  std::string MoreObjection(const Verdict& verdict, const ClaimList& claims);
  std::string ProofObjection(const Verdict::Step& step,
                             const ClaimList& claims);
  bool RejectsWithout(const std::string& check, const ClaimList& claims,
                      const std::vector<Lookup>& unknown);

  const Chain& chain_;
  const Transaction& tx_;
  size_t states_ = 0;
  std::set<std::string> good_on_the_wire_;  // verdict lines checked before
};

}  // namespace mailverdict

#endif  // MAILVERDICT_TESTS_EVIDENCE_INVARIANTS_H_

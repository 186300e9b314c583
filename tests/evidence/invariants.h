// What must hold of one verdict: space.h has the list.

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

// Of one lookup each, in the order in which they were asked for.
using ClaimList = std::vector<const Claim*>;

class Invariants {
 public:
  // Both outlive this.
  Invariants(const Chain& chain, const Transaction& transaction)
      : chain_(chain), tx_(transaction) {}

  // What does not hold of `verdict`, which `claims` led to; empty if all does.
  std::string Objection(const Verdict& verdict, const ClaimList& claims,
                        std::mt19937_64& random);

  // What does not hold of `missing`, asked for when `claims` were known.
  static std::string ObjectionToAsking(const std::vector<Lookup>& missing,
                                       const ClaimList& claims);

  // Sets of evidence that were evaluated.
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
  std::set<std::string> good_on_the_wire_;  // lines of verdicts
};

}  // namespace mailverdict

#endif  // MAILVERDICT_TESTS_EVIDENCE_INVARIANTS_H_

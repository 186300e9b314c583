// The space of evidence around a transaction: every combination of claims
// (claims.h) for every lookup that they lead to. In all of it these properties
// must hold, whatever the checks are:
//
//   - the same evidence gives the same verdict, in whatever order it came;
//   - more evidence does not change a verdict;
//   - a lookup is asked for once, and the asking ends;
//   - a rejection, also in shadow, cites something, and only claims that prove;
//     it stands on those alone, and it falls without any one of them;
//   - each adapter keeps its meaning (wire_forms.h).

#ifndef MAILVERDICT_TESTS_EVIDENCE_SPACE_H_
#define MAILVERDICT_TESTS_EVIDENCE_SPACE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "lib/cases/case.h"
#include "lib/policy/policy.h"

namespace mailverdict {

// How much of a space is explored.
struct SpaceBounds {
  // If the space has more verdicts than this, the first `verdicts` are tried,
  // and as many that `seed` chooses.
  size_t verdicts = 250;
  uint64_t seed = 1;
};

struct SpaceReport {
  size_t verdicts = 0;    // combinations that led to a verdict
  size_t rejections = 0;  // verdicts that reject, also in shadow
  size_t states = 0;      // sets of evidence that were evaluated
  bool whole = false;     // the whole space was explored
  // The first property that did not hold, with the evidence; "" if all held.
  std::string objection;
};

// Explores the space around one step of a case. The answers of the case are
// among the claims, unless they prove something. When claims are chosen by
// seed, half of the choices are claims that lead further: the answers of the
// case, and claims that prove.
SpaceReport ExploreSpace(const std::shared_ptr<const Policy>& policy,
                         const CaseStep& step, const SpaceBounds& bounds);

}  // namespace mailverdict

#endif  // MAILVERDICT_TESTS_EVIDENCE_SPACE_H_

// The space of evidence around a transaction: every combination of claims
// (claims.h) for every lookup that they lead to, and what must hold in all of
// it, whatever the checks are:
//
//   - the same evidence gives the same verdict, in whatever order it came;
//   - a verdict that was given is not taken back when more comes;
//   - a lookup is asked for once, and there is an end to the asking;
//   - a rejection, in shadow too, cites something, and nothing but claims that
//     prove; it stands on those alone, and not without any one of them;
//   - behind each adapter it is what it was (wire_forms.h).

#ifndef MAILVERDICT_TESTS_EVIDENCE_SPACE_H_
#define MAILVERDICT_TESTS_EVIDENCE_SPACE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "lib/cases/case.h"
#include "lib/policy/policy.h"

namespace mailverdict {

struct SpaceBounds {
  // Verdicts: all of them if there are no more, else so many of the first and
  // so many chosen by `seed`.
  size_t verdicts = 250;
  uint64_t seed = 1;
};

struct SpaceReport {
  size_t verdicts = 0;    // combinations that led to one
  size_t rejections = 0;  // among them, those in shadow too
  size_t states = 0;      // sets of evidence that were evaluated
  bool whole = false;     // these are all combinations that there are
  // The first thing that did not hold, with the evidence; empty if all did.
  std::string objection;
};

// The space around one verdict of a case: its answers, if they prove nothing,
// are among the claims. What is chosen by seed is, half of the time, what leads
// on: the case's own answers, and what proves.
SpaceReport ExploreSpace(const std::shared_ptr<const Policy>& policy,
                         const CaseStep& step, const SpaceBounds& bounds);

}  // namespace mailverdict

#endif  // MAILVERDICT_TESTS_EVIDENCE_SPACE_H_

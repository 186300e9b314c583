// Runs a case and compares the verdicts.

#ifndef MAILVERDICT_LIB_CASES_RUN_CASE_H_
#define MAILVERDICT_LIB_CASES_RUN_CASE_H_

#include <memory>
#include <string>
#include <vector>

#include "lib/cases/case.h"
#include "lib/core/verdict.h"
#include "lib/policy/policy.h"

namespace mailverdict {

// A difference between a case and what happened.
struct CaseFault {
  size_t line = 0;   // in the case file
  std::string what;  // may have several lines
};

// Runs all steps of a case. Returns the differences: another verdict, a lookup
// for which the case has no answer, an answer that no check asked for. Empty if
// the case holds.
//
// The observations of each verdict are remembered until the end of the case.
// They answer history lookups for which the case has no answer.
std::vector<CaseFault> RunCase(const std::shared_ptr<const Policy>& policy,
                               const Case& tried);

// All spellings of this verdict that a case file may use as its expected
// verdict: with and without the text of the reply, with and without the part in
// brackets.
std::vector<std::string> LinesOf(const Verdict& verdict);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CASES_RUN_CASE_H_

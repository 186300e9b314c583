// Tries a case.

#ifndef MAILVERDICT_LIB_CASES_RUN_CASE_H_
#define MAILVERDICT_LIB_CASES_RUN_CASE_H_

#include <memory>
#include <string>
#include <vector>

#include "lib/cases/case.h"
#include "lib/policy/policy.h"

namespace mailverdict {

struct CaseFault {
  size_t line = 0;   // of the case's file
  std::string what;  // may have several lines
};

// What came out otherwise than the case has it: another verdict, a lookup that
// it has no answer to, an answer that nobody asked for. Empty if all is right.
//
// What its verdicts want remembered is, to the end of the case: a history that
// the case says nothing of is answered from that.
std::vector<CaseFault> RunCase(const std::shared_ptr<const Policy>& policy,
                               const Case& tried);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CASES_RUN_CASE_H_

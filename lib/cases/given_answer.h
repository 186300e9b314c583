// Converts an answer as a case describes it into the Answer that the core gets.

#ifndef MAILVERDICT_LIB_CASES_GIVEN_ANSWER_H_
#define MAILVERDICT_LIB_CASES_GIVEN_ANSWER_H_

#include "absl/status/statusor.h"
#include "lib/cases/case.h"
#include "lib/core/answer.h"
#include "lib/policy/policy.h"

namespace mailverdict {

// The step's answer to `lookup`, or nullptr. The result points into `step`.
const GivenAnswer* FindGiven(const CaseStep& step, const Lookup& lookup);

// Makes the reports that a resolver would have made of `lookup` and its
// controls at `now`, and has them judged by Vouch() or VouchDns(). Returns an
// error if a Deviation is about a control that the lookup does not have. Pure.
absl::StatusOr<Answer> Give(const GivenAnswer& given, const Lookup& lookup,
                            const Policy& policy, absl::Time now);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CASES_GIVEN_ANSWER_H_

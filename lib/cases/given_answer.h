// From what a case says to the answer that the core gets.

#ifndef MAILVERDICT_LIB_CASES_GIVEN_ANSWER_H_
#define MAILVERDICT_LIB_CASES_GIVEN_ANSWER_H_

#include "absl/status/statusor.h"
#include "lib/cases/case.h"
#include "lib/core/answer.h"
#include "lib/policy/policy.h"

namespace mailverdict {

// The step's answer to `lookup`; nullptr: it has none. Lives in `step`.
const GivenAnswer* FindGiven(const CaseStep& step, const Lookup& lookup);

// What a resolver would have seen of `lookup` and its controls at `now`, judged
// by Vouch() or VouchDns(). An error names the But that is about nothing. Pure.
absl::StatusOr<Answer> Give(const GivenAnswer& given, const Lookup& lookup,
                            const Policy& policy, absl::Time now);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CASES_GIVEN_ANSWER_H_

// All answers that can come back for a lookup: the truth, every way of not
// knowing, and every lie that a broken service, server or connection can tell.
// The tests call each of them a claim.

#ifndef MAILVERDICT_TESTS_EVIDENCE_CLAIMS_H_
#define MAILVERDICT_TESTS_EVIDENCE_CLAIMS_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "lib/core/answer.h"
#include "lib/policy/overrides.h"
#include "lib/policy/policy.h"

namespace mailverdict {

// One possible answer to a lookup.
struct Claim {
  std::string
      name;  // for people: "absent, its control from another connection"
  Answer answer;
  // Whether a rejection may rest on this answer: every control was there, was
  // true, and was of the same moment. The maker of the claim sets it and never
  // asks the code under test.
  bool proves = false;
};

// One claim of each kind for `lookup` at `now`, with the policy and the
// overrides of operators. Never empty; the first claim is Unknown.
std::vector<Claim> ClaimsFor(const Lookup& lookup, const Policy& policy,
                             const Overrides& overrides, absl::Time now);

}  // namespace mailverdict

#endif  // MAILVERDICT_TESTS_EVIDENCE_CLAIMS_H_

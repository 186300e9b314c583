// Everything that can come back for a lookup: the truth, every way of not
// knowing, and every lie that a broken service, server or connection can tell.

#ifndef MAILVERDICT_TESTS_EVIDENCE_CLAIMS_H_
#define MAILVERDICT_TESTS_EVIDENCE_CLAIMS_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "lib/core/answer.h"
#include "lib/policy/overrides.h"
#include "lib/policy/policy.h"

namespace mailverdict {

struct Claim {
  std::string
      name;  // for people: "absent, its control from another connection"
  Answer answer;
  // Whether a rejection may rest on it. Known from how it was made, without
  // asking the code under test: every control there, true, of that moment.
  bool proves = false;
};

// One of each kind, at `now`, to the policy with what operators have set. Never
// none; the first is an Unknown.
std::vector<Claim> ClaimsFor(const Lookup& lookup, const Policy& policy,
                             const Overrides& overrides, absl::Time now);

}  // namespace mailverdict

#endif  // MAILVERDICT_TESTS_EVIDENCE_CLAIMS_H_

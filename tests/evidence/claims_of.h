// The claims for each kind of lookup. claims.h chooses between them.

#ifndef MAILVERDICT_TESTS_EVIDENCE_CLAIMS_OF_H_
#define MAILVERDICT_TESTS_EVIDENCE_CLAIMS_OF_H_

#include <vector>

#include "tests/evidence/claims.h"

namespace mailverdict {

std::vector<Claim> ClaimsOf(const MailboxLookup& lookup,
                            const DirectoryPolicy& directory, absl::Time now);
std::vector<Claim> ClaimsOf(const DnsLookup& lookup, const Policy& policy,
                            absl::Time now);
std::vector<Claim> ClaimsOf(const HistoryLookup& lookup, const Policy& policy,
                            const Overrides& overrides, absl::Time now);

}  // namespace mailverdict

#endif  // MAILVERDICT_TESTS_EVIDENCE_CLAIMS_OF_H_

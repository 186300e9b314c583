// Finds the checks that read facts which no listener supplies. docs/cases.md
// has the table for people.

#ifndef MAILVERDICT_ADAPTERS_DAEMON_TOLD_FACTS_H_
#define MAILVERDICT_ADAPTERS_DAEMON_TOLD_FACTS_H_

#include <string>
#include <vector>

#include "adapters/daemon/daemon_policy.h"
#include "lib/core/chain.h"

namespace mailverdict {

// One warning for each check of `chain` that has no effect because no listener
// receives the facts that it reads, from any MTA. Empty if there is no listener
// for an MTA.
std::vector<std::string> WarnOfUntoldFacts(
    const Chain& chain, const std::vector<Listener>& listeners);

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_DAEMON_TOLD_FACTS_H_

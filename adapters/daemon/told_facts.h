// Which facts of a transaction the policy's listeners are told, and which
// checks wait for others in vain. docs/cases.md has the table for people.

#ifndef MAILVERDICT_ADAPTERS_DAEMON_TOLD_FACTS_H_
#define MAILVERDICT_ADAPTERS_DAEMON_TOLD_FACTS_H_

#include <string>
#include <vector>

#include "adapters/daemon/daemon_policy.h"
#include "lib/core/chain.h"

namespace mailverdict {

// A warning for each check of `chain` that reads facts which no listener is
// told, by any MTA: it does nothing. Empty if there is no listener for an MTA.
std::vector<std::string> WarnOfUntoldFacts(
    const Chain& chain, const std::vector<Listener>& listeners);

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_DAEMON_TOLD_FACTS_H_

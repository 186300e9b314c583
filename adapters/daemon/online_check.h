// mailverdictd --check --online: would each server of each directory prove an
// absence, here and now?

#ifndef MAILVERDICT_ADAPTERS_DAEMON_ONLINE_CHECK_H_
#define MAILVERDICT_ADAPTERS_DAEMON_ONLINE_CHECK_H_

#include <functional>
#include <string>

#include "lib/core/policy.h"

namespace mailverdict {

// Asks each server for an address made up at random, with the controls, as for
// any recipient: it has to be absent, and proven so. `print` gets a line for
// each server, one for each arm without a control, and one where a second
// server is wanting. False if a server would prove nothing, or an arm is not
// covered. Takes a server's timeout three times
// at most (connecting, binding, searching), one server after the other.
bool CheckOnline(const Policy& policy,
                 const std::function<void(const std::string&)>& print);

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_DAEMON_ONLINE_CHECK_H_

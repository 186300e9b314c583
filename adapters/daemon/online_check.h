// mailverdictd --check --online: would each server of each directory, each
// server of DNS and each list prove what it says, here and now?

#ifndef MAILVERDICT_ADAPTERS_DAEMON_ONLINE_CHECK_H_
#define MAILVERDICT_ADAPTERS_DAEMON_ONLINE_CHECK_H_

#include <functional>
#include <string>

#include "lib/policy/policy.h"

namespace mailverdict {

// Asks each server of a directory for an address made up at random, with the
// controls, as for any recipient: it has to be absent, and proven so. Then, if
// a check asks DNS, each server of it for the controls of names, if the check
// `domain` asks for those, and for those of each list. `print` gets a line for
// each server, one for each arm without a control, and one where a second
// server or a positive control of DNS is wanting. False if a server would prove
// nothing, or an arm is not covered; that DNS has no positive control may be
// meant so. Takes a server's timeout three times at most (connecting, binding,
// searching), one server after the other; the timeout of DNS four times.
bool CheckOnline(const Policy& policy,
                 const std::function<void(const std::string&)>& print);

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_DAEMON_ONLINE_CHECK_H_

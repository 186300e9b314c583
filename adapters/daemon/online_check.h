// mailverdictd --check --online: asks each server of each directory, each DNS
// server and each list whether its answers could be proven now.

#ifndef MAILVERDICT_ADAPTERS_DAEMON_ONLINE_CHECK_H_
#define MAILVERDICT_ADAPTERS_DAEMON_ONLINE_CHECK_H_

#include <functional>
#include <string>

#include "lib/policy/policy.h"

namespace mailverdict {

// Asks each server of each directory for a random address, with the controls,
// as for any recipient: the address must be absent, and the absence proven. If
// a check asks DNS, asks each DNS server for the controls of each list and, if
// the check `domain` is there, for the controls of names.
//
// Calls `print_line` with an escaped line for each server, for each arm without
// a control, if only one of several servers of a directory proves, and if DNS
// has no positive control.
//
// Returns false if a server or list proves nothing, or if an arm has no
// control. Returns true if only the positive control of DNS is missing, since a
// policy may do without it.
//
// Blocks. Asks the servers of directories one after the other, each for three
// times the directory's timeout at most (connect, bind, search). Asks all DNS
// servers at once, for four times the timeout of DNS.
bool CheckOnline(const Policy& policy,
                 const std::function<void(const std::string&)>& print_line);

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_DAEMON_ONLINE_CHECK_H_

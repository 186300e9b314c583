// One reading of a policy and of all that it names. A start, SIGHUP, a list
// that has changed and an operator who accepts one take this same way, so that
// they take and refuse the same.

#ifndef MAILVERDICT_ADAPTERS_DAEMON_POLICY_READING_H_
#define MAILVERDICT_ADAPTERS_DAEMON_POLICY_READING_H_

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "adapters/daemon/daemon_policy.h"
#include "adapters/daemon/lists_in_force.h"
#include "lib/dns/servers.h"

namespace mailverdict {

struct PolicyReadRequest {
  std::string policy_path;
  // The policy in force: only the lists are read anew. Null: its file is read,
  // too.
  std::shared_ptr<const std::string> policy_text;
  // The lists in force, with which the files are compared.
  ListsInForce before;
  // The daemon starts: in the place of `before` those that were in force when
  // it last ran.
  bool from_memory = false;
  // With `policy_text`: the paths of the lists to be read. All others stay as
  // they are, since a program may just be writing them.
  std::set<std::string> only;
  // Held lists of addresses that the operator has accepted, by path.
  std::set<std::string> accepted;
  absl::Time now;
};

struct PolicyReading {
  std::shared_ptr<const std::string> text;  // the policy file's
  LoadedDaemonPolicy loaded;
  ListsInForce lists;
  // Which servers of DNS the policy means, if it asks DNS: resolv.conf(5) is
  // read with the rest. An error: none can be asked, and all that DNS would
  // say is Unknown.
  std::optional<absl::StatusOr<DnsServers>> dns_servers;
  // The memory is damaged, or cannot be read: lines for the log.
  std::vector<std::string> alarms;
  bool memory_damaged = false;
};

// Reads what the request says. The error is what a start would end with.
// Changes nothing anywhere. Blocks.
absl::StatusOr<PolicyReading> ReadPolicy(const PolicyReadRequest& request);

// What the daemon refuses of a policy without a fault, at a start, at SIGHUP
// and with --check: it has no listener, or lets everything pass and does not
// say so by `shadow: true`. A file that was emptied, or cut between its
// messages, is often such a policy.
absl::Status CheckServes(const Policy& policy, const DaemonPolicy& daemon,
                         const std::string& path);

// Remembers the lists in force for the next start, in the file beside the
// history; one that is damaged is set aside first. Nothing to do without a
// history. Blocks.
absl::Status SaveLists(const std::string& history_file,
                       const ListsInForce& lists, bool memory_damaged);

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_DAEMON_POLICY_READING_H_

// Reads a policy, the lists that it names, and resolv.conf. The daemon uses
// this at a start, at SIGHUP, when a list has changed, and when an operator
// accepts a list; `mailverdictd --check` uses it, too. So all of them accept
// and refuse the same policies and lists.

#ifndef MAILVERDICT_ADAPTERS_DAEMON_POLICY_LOAD_H_
#define MAILVERDICT_ADAPTERS_DAEMON_POLICY_LOAD_H_

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

struct PolicyLoadOptions {
  std::string policy_path;
  // The text of the policy in force, if only lists are to be read. Null: the
  // policy file is read, too.
  std::shared_ptr<const std::string> policy_text;
  // The lists in force. A list's file is compared with its version in force.
  ListsInForce before;
  // True at a start: compares with the lists that were in force when the daemon
  // last ran, which are saved on disk, and not with `before`.
  bool compare_with_saved = false;
  // If policy_text is not null: the paths of the lists to read. All other lists
  // stay in force unread, since a program may be writing their files.
  std::set<std::string> only;
  // The paths of held lists of addresses that the operator has accepted.
  std::set<std::string> accepted;
  absl::Time now;
};

struct LoadedPolicyFiles {
  std::shared_ptr<const std::string> text;  // the policy file's
  LoadedDaemonPolicy loaded;
  ListsInForce lists;
  // The DNS servers of the policy or of resolv.conf(5); nullopt if the policy
  // does not ask DNS. An error means that no server can be asked, and that
  // every answer of DNS is Unknown.
  std::optional<absl::StatusOr<DnsServers>> dns_servers;
  // Lines for the log, if the file of saved lists is damaged or cannot be read,
  // or if the text of a saved list no longer parses.
  std::vector<std::string> alarms;
  bool saved_lists_damaged = false;
};

// Reads what `options` say. Returns an error if the policy or a list without
// an older version is refused. Changes nothing. Blocks.
absl::StatusOr<LoadedPolicyFiles> LoadPolicyFiles(
    const PolicyLoadOptions& options);

// Returns an error if a policy is valid but does nothing: it has no listener,
// or lets everything pass without `shadow: true`. A file that was emptied, or
// cut between two of its messages, is often such a policy. LoadPolicyFiles
// calls this.
absl::Status CheckHasEffect(const Policy& policy, const DaemonPolicy& daemon,
                            const std::string& path);

// Saves the lists in force for the next start, in the file beside the history.
// Sets that file aside first if it is damaged (`saved_lists_damaged`). Does
// nothing if there is no history file. Blocks.
absl::Status SaveLists(const std::string& history_file,
                       const ListsInForce& lists, bool saved_lists_damaged);

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_DAEMON_POLICY_LOAD_H_

// The part of the policy file that is for the daemon alone: listeners, user,
// log and history. The library does not read these settings.

#ifndef MAILVERDICT_ADAPTERS_DAEMON_DAEMON_POLICY_H_
#define MAILVERDICT_ADAPTERS_DAEMON_DAEMON_POLICY_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "adapters/daemon/log_writer.h"
#include "lib/history/store.h"
#include "lib/policy/loader/loader.h"
#include "lib/policy/policy.h"

namespace mailverdict {

// One listening socket.
struct Listener {
  enum class Protocol { kSocketmap, kMilter, kAdmin };

  Protocol protocol = Protocol::kSocketmap;
  std::string address;  // "unix:/path" or "inet:HOST:PORT"
  // Permissions, owner and group of a unix socket. "": the daemon's own.
  int mode = 0660;
  std::string owner;
  std::string group;

  bool operator==(const Listener& other) const;
};

// Where the history is kept, and its size.
struct HistoryFile {
  std::string path;  // "" for memory only
  // Beyond it the oldest entries are dropped.
  size_t max_entries = Store::kDefaultMaxEntries;

  bool operator==(const HistoryFile& other) const;
};

// The daemon's settings. A change needs a restart, except for
// max_list_loss_percent.
struct DaemonPolicy {
  std::vector<Listener> listeners;
  // For each of: all socket maps together, the milter, all admin listeners
  // together.
  size_t max_connections = 4096;
  // The user to become when started as root. "": the policy names none, which
  // is an error when started as root (privileges.h).
  std::string user;
  LogTarget log = LogTarget::kStderr;
  HistoryFile history;
  // Percentage, 0 to 100. A new version of a list of addresses is held if it
  // lacks more than this share of the entries in force, or all of them
  // (lib/policy/list_loss.h). SIGHUP can change it.
  int max_list_loss_percent = 50;

  // Whether a running daemon can go from this policy to `other` without a
  // restart.
  bool CanReloadTo(const DaemonPolicy& other) const;
};

// Both parts of a policy file.
struct LoadedDaemonPolicy {
  Policy policy;
  DaemonPolicy daemon;
  // Warnings about both parts, as in LoadedPolicy.
  std::vector<std::string> warnings;
};

// Parses both parts of a policy file. Parameters and errors are those of
// LoadPolicy (lib/policy/loader/loader.h). An error has the faults of both
// parts in one list.
absl::StatusOr<LoadedDaemonPolicy> LoadDaemonPolicy(std::string_view text,
                                                    std::string_view file_name,
                                                    const FileReader& read,
                                                    const ListReaders& lists);

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_DAEMON_DAEMON_POLICY_H_

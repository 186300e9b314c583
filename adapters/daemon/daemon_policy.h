// The daemon's own part of the policy file: where it listens, as which user it
// runs, what it keeps on disk. The library knows nothing of these settings.

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
  // Of a unix socket: permissions, owner and group. "" for the daemon's own.
  int mode = 0660;
  std::string owner;
  std::string group;

  bool operator==(const Listener& other) const;
};

// Where history is kept, and how much of it.
struct HistoryFile {
  std::string path;  // "" for memory only
  // Beyond it the oldest entries are dropped.
  size_t max_entries = Store::kDefaultMaxEntries;

  bool operator==(const HistoryFile& other) const;
};

// The daemon's settings. All but one need a restart to change.
struct DaemonPolicy {
  std::vector<Listener> listeners;
  size_t max_connections = 4096;  // of each server
  // The user to become when started as root; "" if the policy names none, which
  // is an error for root (privileges.h).
  std::string user;
  LogTarget log = LogTarget::kStderr;
  HistoryFile history;
  // Percentage, 0 to 100. A new version of a list of addresses is held if it
  // lacks more than so many of the entries in force, or all of them
  // (lib/policy/list_loss.h). The only field here that SIGHUP may change.
  int max_list_loss_percent = 50;

  // Whether a running daemon can go from this policy to `other` without a
  // restart.
  bool SameProcess(const DaemonPolicy& other) const;
};

// Both parts of a policy file.
struct LoadedDaemonPolicy {
  Policy policy;
  DaemonPolicy daemon;
  // Warnings about both parts, as in LoadedPolicy.
  std::vector<std::string> warnings;
};

// Reads both parts of a policy file. Parameters and errors are those of
// LoadPolicy (lib/policy/loader/loader.h); the errors of both parts come in one
// list.
absl::StatusOr<LoadedDaemonPolicy> LoadDaemonPolicy(std::string_view text,
                                                    std::string_view file_name,
                                                    const FileReader& read,
                                                    const ListReaders& lists);

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_DAEMON_DAEMON_POLICY_H_

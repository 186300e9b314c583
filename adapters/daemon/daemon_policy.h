// The daemon's own part of the policy file: where it listens, whom it runs as,
// what it remembers on disk. The library knows none of it.

#ifndef MAILVERDICT_ADAPTERS_DAEMON_DAEMON_POLICY_H_
#define MAILVERDICT_ADAPTERS_DAEMON_DAEMON_POLICY_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "adapters/daemon/log_writer.h"
#include "lib/policy/loader/loader.h"
#include "lib/policy/policy.h"

namespace mailverdict {

// One listening socket.
struct Listener {
  enum class Protocol { kSocketmap, kMilter, kAdmin };

  Protocol protocol = Protocol::kSocketmap;
  std::string address;  // "unix:/path" or "inet:HOST:PORT"
  int mode = 0660;      // of a unix socket
  std::string owner;    // of a unix socket; "" for the daemon's own
  std::string group;

  bool operator==(const Listener& other) const;
};

// What history keeps, and where.
struct HistoryFile {
  std::string path;                // "": in memory only
  size_t max_entries = 1'000'000;  // the oldest are dropped beyond it

  bool operator==(const HistoryFile& other) const;
};

struct DaemonPolicy {
  std::vector<Listener> listeners;
  size_t max_connections = 4096;  // of each server
  std::string user;               // to run as when started as root; "" to stay
  LogTarget log = LogTarget::kStderr;
  HistoryFile history;
  // A new version of a list of addresses that lacks more than this many percent
  // of the entries in force, or all of them, is held (lib/policy/list_loss.h).
  // 0 to 100. The only field here that SIGHUP may change.
  int max_list_loss_percent = 50;

  // Whether a running daemon can go from this policy to `other` without a
  // restart.
  bool SameProcess(const DaemonPolicy& other) const;
};

struct LoadedDaemonPolicy {
  Policy policy;
  DaemonPolicy daemon;
  // As in LoadedPolicy, of both parts.
  std::vector<std::string> warnings;
};

// Reads both parts of a policy file. Parameters and errors as LoadPolicy in
// lib/policy/loader/loader.h; the errors of both parts come in one list.
absl::StatusOr<LoadedDaemonPolicy> LoadDaemonPolicy(std::string_view text,
                                                    std::string_view file_name,
                                                    const FileReader& read,
                                                    const ListReaders& lists);

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_DAEMON_DAEMON_POLICY_H_

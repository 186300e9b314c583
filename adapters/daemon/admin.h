// The admin listener: answers the orders of operators, which the command
// mailverdict (adapters/command) sends. Requests and replies have the socketmap
// protocol. The first word of an order is the map's name, the rest is the key:
//
//   explain ADDRESS            shows the whole verdict on a recipient
//   explain-sender ADDRESS     the same on a sender (see maps.h for the keys)
//   status                     shows servers, lists, controls, holds, sessions
//   hold defer-all             defers every request (451)
//   hold pass-all              passes every request
//   hold off                   lets the policy decide again
//   release DIRECTORY          the addresses that vanished are really gone:
//                              ends the directory's hold
//   grace DIRECTORY 24h        sets how long a vanished address is deferred
//   vanished DIRECTORY 20/10m  sets the limit of a directory's hold: more than
//                              20 addresses that vanished within 10m
//   grace DIRECTORY policy     sets it back to the policy's value; the same for
//                              vanished
//   accept FILE                the held version of the list in FILE is right
//   domain list                shows the domains remembered as missing
//   domain add DOMAIN          refuses DOMAIN while it is proven missing, until
//                              it has existed once
//   domain pin DOMAIN          the same, and also after it has existed
//   domain remove DOMAIN       forgets DOMAIN

#ifndef MAILVERDICT_ADAPTERS_DAEMON_ADMIN_H_
#define MAILVERDICT_ADAPTERS_DAEMON_ADMIN_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "adapters/daemon/maps.h"
#include "adapters/socketmap/server.h"
#include "lib/core/missing_domain.h"
#include "lib/core/vanished.h"
#include "lib/policy/overrides.h"
#include "lib/policy/policy.h"
#include "lib/resolver/resolver.h"

namespace mailverdict {

// What an operator has switched the whole daemon to.
enum class OperatorMode { kOff, kDeferAll, kPassAll };

// "off", "defer-all", "pass-all".
std::string_view ToString(OperatorMode mode);
std::optional<OperatorMode> ParseOperatorMode(std::string_view word);

// The state of a daemon, as `mailverdict status` shows it. A value.
struct DaemonStatus {
  struct Directory {
    const DirectoryPolicy* policy = nullptr;
    std::vector<ServerState> servers;
    // The addresses that are missing; nullopt if the history cannot say.
    std::optional<Vanished> vanished;
  };
  struct Dns {
    std::vector<ServerState> servers;
    bool proves = false;  // the policy has a positive control
  };
  // A block list or allow list of the check dnsbl.
  struct List {
    std::string zone;
    std::vector<ServerState> servers;  // the list's state at each DNS server
  };
  // A file of addresses or domains that the policy names.
  struct ListFile {
    std::string path;
    size_t entries = 0;  // in force
    enum class State { kGood, kBroken, kHeld } state = State::kGood;
    absl::Time since;  // kBroken, kHeld: when the state began
    std::string why;   // kBroken, kHeld
  };
  // An open alarm about the policy's files, list files left out.
  struct OpenAlarm {
    std::string line;
    absl::Time since;
  };
  absl::Time now, started;
  std::string policy_path;
  OperatorMode mode = OperatorMode::kOff;
  absl::Time mode_since;
  bool shadow = false;
  size_t connections = 0;  // of socket maps
  size_t sessions = 0;     // of the milter
  std::string history;     // "in memory", or its file
  std::vector<Directory> directories;
  std::optional<Dns> dns;  // nullopt: no check asks DNS
  std::vector<List> lists;
  std::vector<ListFile> files;
  std::vector<OpenAlarm> open_alarms;
  Overrides overrides;

  // The text that `mailverdict status` prints. Each line ends in '\n'. A line
  // about a fault has a word in capitals.
  std::string ToString() const;
};

// The interface of the daemon for operators' orders. Loop's thread only.
class AdminService : public VerdictService {
 public:
  virtual DaemonStatus Status() = 0;
  virtual void SetMode(OperatorMode mode) = 0;
  // Forgets the addresses that have vanished from a directory. NotFound if the
  // policy has none of that name.
  virtual absl::Status ReleaseHold(const std::string& directory) = 0;
  // Sets a limit of a directory at once, until the policy is read again or the
  // daemon ends; nullopt sets it back to the policy's. NotFound as above.
  virtual absl::Status SetGrace(const std::string& directory,
                                std::optional<absl::Duration> grace) = 0;
  virtual absl::Status SetVanishLimit(const std::string& directory,
                                      std::optional<VanishLimit> limit) = 0;
  // Brings the held version of a list of addresses into force. Calls `done`
  // once, perhaps before this returns. NotFound: the policy names no such list.
  // FailedPrecondition: the list is not held, or its file has changed since.
  virtual void Accept(const std::string& path,
                      std::function<void(const absl::Status&)> done) = 0;
  // The text of `mailverdict domain list`: a line for each domain that is
  // remembered as missing, the learned ones first.
  virtual absl::StatusOr<std::string> ListDomains() = 0;
  // Marks a domain as added or pinned; kNone forgets it. InvalidArgument if
  // `name` is no domain; NotFound if there is nothing to forget.
  virtual absl::Status MarkDomain(const std::string& name,
                                  MissingDomain::Mark mark) = 0;
};

// Answers one order: "OK text", or "PERM why".
void AnswerAdminRequest(AdminService* daemon, const socketmap::Request& request,
                        const socketmap::Responder& reply);

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_DAEMON_ADMIN_H_

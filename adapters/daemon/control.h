// What operators may ask and order over a control listener, by the command
// mailverdict (adapters/command). Requests and replies are a socket map's:
//
//   explain ADDRESS            the whole of a verdict
//   explain-sender ADDRESS     the same at MAIL (of both keys, see maps.h)
//   status                     servers, lists, controls, holds, sessions
//   hold defer-all             everything is "later", whatever anybody says
//   hold pass-all              everything passes
//   hold off
//   release DIRECTORY          those who have vanished from it are gone indeed
//   grace DIRECTORY 24h        how long they are doubted to be gone
//   vanished DIRECTORY 20/10m  held when more than 20 vanish within 10m
//                              (of both: "policy", back to what that says)
//   accept FILE                the list in FILE, which is held, is right
//   domain list                the domains that are remembered as missing
//   domain add DOMAIN          learned from now on, until it is there
//   domain pin DOMAIN          the same, and stays
//   domain remove DOMAIN       forgotten

#ifndef MAILVERDICT_ADAPTERS_DAEMON_CONTROL_H_
#define MAILVERDICT_ADAPTERS_DAEMON_CONTROL_H_

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

// The operator's switch.
enum class HoldMode { kOff, kDeferAll, kPassAll };

// "off", "defer-all", "pass-all".
std::string_view ToString(HoldMode mode);
std::optional<HoldMode> ParseHoldMode(std::string_view word);

// How a daemon is. A value.
struct DaemonStatus {
  struct Directory {
    const DirectoryPolicy* policy = nullptr;
    std::vector<ServerState> servers;
    // Who is missing; nullopt if that cannot be known.
    std::optional<Vanished> vanished;
  };
  struct Dns {
    std::vector<ServerState> servers;
    bool proves = false;  // there is a positive control
  };
  struct List {
    std::string zone;
    std::vector<ServerState> servers;  // of DNS, through which it is asked
  };
  // A list that the policy names.
  struct ListFile {
    std::string path;
    size_t entries = 0;  // in force
    enum class State { kGood, kBroken, kHeld } state = State::kGood;
    absl::Time since;  // of kBroken and kHeld, with why
    std::string why;
  };
  // What else stands against the policy's files.
  struct Trouble {
    std::string line;
    absl::Time since;
  };
  absl::Time now, started;
  std::string policy_path;
  HoldMode hold = HoldMode::kOff;
  absl::Time hold_since;
  bool shadow = false;
  size_t connections = 0;  // of socket maps
  size_t sessions = 0;     // of the milter
  std::string history;     // "in memory", or its file
  std::vector<Directory> directories;
  std::optional<Dns> dns;  // none: no check asks it
  std::vector<List> lists;
  std::vector<ListFile> files;
  std::vector<Trouble> troubles;
  Overrides overrides;

  // For people. Lines end in '\n'; what is wrong has an upper-case word in it.
  std::string ToString() const;
};

// What a daemon lets its operators do. Loop's thread only.
class Controlled : public Judging {
 public:
  virtual DaemonStatus Status() = 0;
  virtual void SetHold(HoldMode mode) = 0;
  // NotFound if the policy has no such directory.
  virtual absl::Status Release(const std::string& directory) = 0;
  // At once, until the policy is read again or the daemon ends; nullopt: what
  // the policy says. NotFound likewise.
  virtual absl::Status SetGrace(const std::string& directory,
                                std::optional<absl::Duration> grace) = 0;
  virtual absl::Status SetHoldLimit(const std::string& directory,
                                    std::optional<VanishLimit> limit) = 0;
  // The version of a list of addresses that is held comes into force; `done` is
  // called once, perhaps before this returns. NotFound: the policy names no
  // such list. FailedPrecondition: it is not held, or has changed since.
  virtual void Accept(const std::string& path,
                      std::function<void(const absl::Status&)> done) = 0;
  // For people: which are remembered, a line each; those that are learned
  // first.
  virtual absl::StatusOr<std::string> ListDomains() = 0;
  // InvalidArgument: it is no domain. Of kNone: it is forgotten, or NotFound.
  virtual absl::Status MarkDomain(const std::string& name,
                                  MissingDomain::Mark mark) = 0;
};

// Answers one request: "OK text", or "PERM why".
void AnswerControl(Controlled* daemon, const socketmap::Request& request,
                   const socketmap::Reply& reply);

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_DAEMON_CONTROL_H_

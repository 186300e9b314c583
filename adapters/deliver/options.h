// The command line of mailverdict-deliver. Pure.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_OPTIONS_H_
#define MAILVERDICT_ADAPTERS_DELIVER_OPTIONS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "adapters/deliver/lmtp/refusal.h"
#include "adapters/deliver/users/unknown_rule.h"
#include "adapters/deliver/wrapper/exit_status.h"
#include "lib/loop/listen.h"

namespace mailverdict::deliver {

enum class Mode { kHelp, kVersion, kWrapper, kProxy, kMap };

struct Options {
  Mode mode = Mode::kHelp;

  UnknownPolicy unknown = UnknownPolicy::kUnlessProven;
  // "passwd", or the address of a mailverdictd (socket_address.h).
  std::vector<std::string> proofs = {"unix:/run/mailverdict/socketmap"};
  absl::Duration proof_timeout = absl::Seconds(5);  // positive
  std::vector<std::string> domains;  // the first completes bare users

  // The wrapper's.
  std::vector<std::string> command;
  std::string recipient;                       // may be empty
  absl::Duration timeout = absl::Minutes(15);  // positive
  StatusLists lists;

  // The proxy's.
  std::string lmtp, backend;  // addresses, not checked here
  RefusalCodes codes;

  // The map's.
  std::string map;  // an address, not checked here

  // Of the sockets of proxy and map.
  UnixSocketOptions unix_options;
};

// Reads the command line without its first word. `environment_recipient` is
// $RECIPIENT, or null; --recipient goes before it. An error names the option
// and the cure.
//
// --help and --version stand alone: in the middle of an MTA's command they
// would end with 0, and the mail would be lost.
absl::StatusOr<Options> ParseOptions(const std::vector<std::string>& words,
                                     const char* environment_recipient);

// What to exit with when that is an error. 75 but for a proxy or a map: who
// else runs us is an MTA, which bounces at 64 EX_USAGE and at 1. Proxy and map
// are run by systemd or a script, for which 75 means nothing: 1.
int ExitStatusOfWrongOptions(const std::vector<std::string>& words);

// All options, a line each.
extern const char kHelp[];

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_OPTIONS_H_

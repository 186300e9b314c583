// The parser of mailverdict-deliver's command line. Pure.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_OPTIONS_H_
#define MAILVERDICT_ADAPTERS_DELIVER_OPTIONS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "adapters/deliver/lmtp/refusal.h"
#include "adapters/deliver/users/unknown_user_rule.h"
#include "adapters/deliver/wrapper/exit_status.h"
#include "lib/loop/listen.h"

namespace mailverdict::deliver {

enum class Mode { kHelp, kVersion, kWrapper, kProxy, kMap };

// The parsed command line. The fields of other modes have their defaults.
struct Options {
  Mode mode = Mode::kHelp;

  UnknownPolicy unknown = UnknownPolicy::kUnlessProven;
  // "passwd", or the address of a mailverdictd (socket_address.h).
  std::vector<std::string> proofs = {"unix:/run/mailverdict/socketmap"};
  absl::Duration proof_timeout = absl::Seconds(5);  // positive
  std::vector<std::string> domains;  // the first is added to bare users

  // For kWrapper.
  std::vector<std::string> command;
  std::string recipient;                       // may be empty
  absl::Duration timeout = absl::Minutes(15);  // positive
  StatusLists lists;

  // For kProxy.
  std::string lmtp, backend;  // addresses, not checked here
  RefusalCodes codes;

  // For kMap.
  std::string map;  // an address, not checked here

  // For kProxy and kMap: the listening socket.
  UnixSocketOptions unix_options;
};

// Parses the words after the program's name. `environment_recipient` is
// $RECIPIENT or null; --recipient overrides it. An error names the option and
// says what to write instead.
//
// --help and --version must be the only word. Within an MTA's command they
// would make the program exit with 0, and the mail would be lost.
absl::StatusOr<Options> ParseOptions(const std::vector<std::string>& words,
                                     const char* environment_recipient);

// The exit status to end with when ParseOptions returns an error. 75 for the
// wrapper, which an MTA runs: at 64 (EX_USAGE) and at 1 the MTA would bounce
// the message. 1 for the proxy and the map, which systemd or a script runs: for
// these 75 has no meaning.
int ExitStatusOfWrongOptions(const std::vector<std::string>& words);

// The text of --help.
extern const char kHelp[];

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_OPTIONS_H_

// The wrapper, mailverdict-deliver [OPTION]... -- PROGRAM [ARGUMENT]...: runs a
// delivery program for the MTA. It exits with a status that makes the MTA
// bounce a message for an unknown user only if the absence is proven
// (exit_status.h).
//
// The MTA gets the program's output. If the wrapper exits with 75, it writes a
// line of its own before this output. The line is necessary: if the output
// begins with an enhanced status, as in "5.1.1 no such user", Postfix bounces
// the message although the exit status is 75 (pipe_command.c, dsn_valid).
//
// No mail may be lost, and none delivered twice without need. So if the program
// exits with 0, the wrapper exits with 0, even if it then fails to write the
// log or the output.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_WRAPPER_WRAPPER_H_
#define MAILVERDICT_ADAPTERS_DELIVER_WRAPPER_WRAPPER_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "adapters/deliver/users/mail_log.h"
#include "adapters/deliver/users/unknown_user_rule.h"
#include "adapters/deliver/wrapper/child.h"
#include "adapters/deliver/wrapper/exit_status.h"

namespace mailverdict::deliver {

// The most bytes of the program's output that are kept; the rest is read and
// dropped.
inline constexpr size_t kMaxOutputBytes = 64 * 1024;

struct WrapperOptions {
  std::vector<std::string> command;  // not empty
  // The recipient to ask for a proof about. Empty: nothing is ever proven.
  std::string recipient;
  StatusLists lists;

  // The program gets SIGTERM after this time. Must be less than the MTA's own
  // limit: Postfix bounces after its command_time_limit, 1000 s.
  absl::Duration timeout = absl::Minutes(15);
  // The time from SIGTERM to SIGKILL, and from SIGKILL until the wrapper exits
  // without waiting for the program any longer.
  absl::Duration grace = absl::Seconds(5);
};

// Runs the program and returns the status to exit with. The caller must exit by
// _exit(2), since a thread may still hang in a user lookup. REQUIRES: the
// process has one thread, and its descriptors 0, 1 and 2 are open.
int RunWrapper(const WrapperOptions& options, const SignalSettings& signals,
               const UnknownUserRule& rule, MailLog* log);

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_WRAPPER_WRAPPER_H_

// The wrapper, mailverdict-deliver [OPTION]... -- PROGRAM [ARGUMENT]...: it
// runs a delivery program for the MTA, and reports its end by an exit status at
// which the MTA bounces only what is proven (exit_status.h).
//
// Output. The MTA gets the output of the program. If we exit with 75, a line of
// ours comes first, and it must: when output begins with an enhanced status, as
// in "5.1.1 no such user", Postfix bounces although the exit status is 75
// (pipe_command.c, dsn_valid).
//
// No mail may be lost, and none delivered twice without need. So a program that
// exits with 0 has delivered, whatever else happened; a failure of ours after
// that, of the log or the output, does not change the status.

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

// How much of the program's output is kept; the rest is read and dropped.
inline constexpr size_t kMaxOutputBytes = 64 * 1024;

struct WrapperOptions {
  std::vector<std::string> command;  // not empty
  std::string recipient;  // whom to ask a proof about; empty: none is asked for
  StatusLists lists;

  // The program gets SIGTERM after this time. Must be less than the MTA's own
  // limit: Postfix bounces at its command_time_limit, 1000 s.
  absl::Duration timeout = absl::Minutes(15);
  // The time from SIGTERM to SIGKILL, and again from SIGKILL until we give up.
  absl::Duration grace = absl::Seconds(5);
};

// Runs the program and returns the status to exit with. Leave by _exit, since a
// user lookup that hangs may have left a thread behind. REQUIRES: the process
// has one thread, and its descriptors 0, 1 and 2 are open.
int RunWrapper(const WrapperOptions& options, const Signals& signals,
               const UnknownUserRule& rule, MailLog* log);

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_WRAPPER_WRAPPER_H_

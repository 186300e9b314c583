// mailverdict-deliver [OPTION]... -- PROGRAM [ARGUMENT]...
//
// Runs a delivery program in the MTA's place and tells the MTA of its end by an
// exit status that can only bounce what is proven (exit_status.h).
//
// What the MTA shows or logs of it: the output of the program, and ahead of
// that a line of ours whenever we exit with 75. That line is no ornament: when
// output begins with an enhanced status, as in "5.1.1 no such user", Postfix
// bounces although the exit status is 75 (pipe_command.c, dsn_valid).
//
// A mail must neither be lost nor, without need, come twice. So a program that
// exits with 0 has delivered, whatever else happened; and nothing of ours that
// fails afterwards, the log, the output, changes that.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_WRAPPER_WRAPPER_H_
#define MAILVERDICT_ADAPTERS_DELIVER_WRAPPER_WRAPPER_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "adapters/deliver/users/mail_log.h"
#include "adapters/deliver/users/unknown_rule.h"
#include "adapters/deliver/wrapper/child.h"
#include "adapters/deliver/wrapper/exit_status.h"

namespace mailverdict::deliver {

// So much of what the program says is kept; the rest is read and forgotten.
inline constexpr size_t kMaxOutputBytes = 64 * 1024;

struct WrapperOptions {
  std::vector<std::string> command;  // not empty
  std::string recipient;  // for the unknown rule; empty: nothing is proven
  StatusLists lists;

  // The program gets SIGTERM after this. Has to end before the MTA's own limit:
  // Postfix bounces at its command_time_limit, 1000 s.
  absl::Duration timeout = absl::Minutes(15);
  // From SIGTERM to SIGKILL, and from there until we give up.
  absl::Duration grace = absl::Seconds(5);
};

// Runs the program and returns what to exit with: leave by _exit, since a
// lookup that hangs may have left a thread behind. REQUIRES a process of one
// thread, whose descriptors 0, 1 and 2 are open.
int RunWrapper(const WrapperOptions& options, const Signals& signals,
               const UnknownRule& rule, MailLog* log);

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_WRAPPER_WRAPPER_H_

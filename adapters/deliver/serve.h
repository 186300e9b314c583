// The two services of mailverdict-deliver: the LMTP proxy and the map of local
// users.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_SERVE_H_
#define MAILVERDICT_ADAPTERS_DELIVER_SERVE_H_

#include "absl/status/status.h"
#include "adapters/deliver/options.h"
#include "adapters/deliver/users/unknown_user_rule.h"

namespace mailverdict::deliver {

// Serves until SIGTERM or SIGINT; then transactions under way may finish, for
// 30 s at most. Logs to syslog, or to stderr if there is no syslog. An error,
// which says what to do about it, if it cannot listen. REQUIRES: the process
// has one thread, and options.mode is kProxy or kMap.
absl::Status Serve(const Options& options, const UnknownUserRule& rule);

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_SERVE_H_

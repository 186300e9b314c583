// The two services of mailverdict-deliver: the LMTP proxy and the map of local
// users.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_SERVE_H_
#define MAILVERDICT_ADAPTERS_DELIVER_SERVE_H_

#include "absl/status/status.h"
#include "adapters/deliver/options.h"
#include "adapters/deliver/users/unknown_user_rule.h"

namespace mailverdict::deliver {

// Serves until SIGTERM or SIGINT; then lets transactions under way finish, for
// 30 s at most. Logs to syslog, or to stderr if there is no syslog. Returns an
// error, which says what to do, if it cannot listen. REQUIRES: the process has
// one thread, and options.mode is kProxy or kMap.
absl::Status Serve(const Options& options, const UnknownUserRule& rule);

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_SERVE_H_

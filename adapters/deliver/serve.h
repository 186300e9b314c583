// The services of mailverdict-deliver, the LMTP proxy and the map, as long as
// the process lives.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_SERVE_H_
#define MAILVERDICT_ADAPTERS_DELIVER_SERVE_H_

#include "absl/status/status.h"
#include "adapters/deliver/options.h"
#include "adapters/deliver/users/unknown_rule.h"

namespace mailverdict::deliver {

// Serves until SIGTERM or SIGINT, then finishes what is under way, for 30 s at
// most. Logs to syslog, or to stderr where there is none. An error, which says
// what to do about it, when it cannot listen. REQUIRES a process of one thread,
// and Mode::kProxy or kMap.
absl::Status Serve(const Options& options, const UnknownRule& rule);

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_SERVE_H_

// The services of mailverdict-deliver, the LMTP proxy and the map, as long as
// the process lives.

#ifndef MAILVERDICT_ADAPTERS_LOCAL_DELIVERY_SERVE_H_
#define MAILVERDICT_ADAPTERS_LOCAL_DELIVERY_SERVE_H_

#include "absl/status/status.h"
#include "adapters/local_delivery/options.h"
#include "adapters/local_delivery/unknown_rule.h"

namespace mailverdict::local_delivery {

// Serves until SIGTERM or SIGINT, then finishes what is under way, for 30 s at
// most. Logs to syslog, or to stderr where there is none. An error, which says
// what to do about it, when it cannot listen. REQUIRES a process of one thread,
// and Mode::kProxy or kMap.
absl::Status Serve(const Options& options, const UnknownRule& rule);

}  // namespace mailverdict::local_delivery

#endif  // MAILVERDICT_ADAPTERS_LOCAL_DELIVERY_SERVE_H_

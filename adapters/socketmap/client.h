// A client of the socketmap protocol: one connection, one request, one reply.

#ifndef MAILVERDICT_ADAPTERS_SOCKETMAP_CLIENT_H_
#define MAILVERDICT_ADAPTERS_SOCKETMAP_CLIENT_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "adapters/socketmap/codec.h"
#include "adapters/socketmap/socket_address.h"
#include "lib/loop/deadline.h"

namespace mailverdict::socketmap {

// Sends `request` and returns the payload of the reply. Blocks until the
// deadline at most. Unavailable if no daemon listens, no answer comes in time,
// the bytes are no netstring, the payload is longer than `max_reply_bytes`, or
// there is more than one reply; the message names the address and says which of
// these happened. REQUIRES: `request` has the form that Request describes
// (codec.h). Any thread.
absl::StatusOr<std::string> Ask(const SocketAddress& daemon,
                                const Request& request, size_t max_reply_bytes,
                                Deadline deadline);

}  // namespace mailverdict::socketmap

#endif  // MAILVERDICT_ADAPTERS_SOCKETMAP_CLIENT_H_

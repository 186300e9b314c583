// One question to a daemon: one connection, one request, one reply.

#ifndef MAILVERDICT_ADAPTERS_SOCKETMAP_CLIENT_H_
#define MAILVERDICT_ADAPTERS_SOCKETMAP_CLIENT_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "adapters/socketmap/codec.h"
#include "adapters/socketmap/socket_address.h"
#include "lib/loop/deadline.h"

namespace mailverdict::socketmap {

// Sends `request` and returns the reply's payload, of at most
// `max_reply_bytes`. Blocks until the deadline at most. Unavailable when no
// daemon listens, no answer comes in time, the bytes are no netstring, or there
// is more than one reply; the message names the address and says which.
// REQUIRES: the fields of `request` are as Request says. Any thread.
absl::StatusOr<std::string> Ask(const SocketAddress& daemon,
                                const Request& request, size_t max_reply_bytes,
                                Deadline deadline);

}  // namespace mailverdict::socketmap

#endif  // MAILVERDICT_ADAPTERS_SOCKETMAP_CLIENT_H_

// An LMTP proxy in front of a mailbox server such as Dovecot or Cyrus.
// dialogue.h says what it changes in their dialogue.
//
//   MTA --LMTP--> proxy --LMTP--> mailbox server ("the backend")
//
// Each client has a backend connection of its own. Nothing is stored: a message
// flows through buffers of 64 KiB, and is read no faster than the slower side
// takes it.
//
// When the proxy or the backend is killed, the client gets no reply, so it
// keeps the message and tries again. If the backend had already taken the
// message, it is then delivered twice. RFC 1047 says why no server can prevent
// this.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_LMTP_PROXY_H_
#define MAILVERDICT_ADAPTERS_DELIVER_LMTP_PROXY_H_

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "adapters/deliver/lmtp/refusal.h"
#include "adapters/deliver/users/unknown_user_rule.h"
#include "adapters/server/connection_server.h"
#include "lib/loop/log.h"

namespace mailverdict::deliver {

struct ProxyOptions {
  // If `server.refusal` is empty, RunProxy uses one of its own.
  server::ConnectionServerOptions server;
  // The backend's address, as in socket_address.h.
  std::string backend;
  RefusalCodes codes;

  // Three time limits. When one is over, the client gets a 421, and both
  // connections are closed.

  // For connecting to the backend.
  absl::Duration connect_timeout = absl::Seconds(10);
  // For the backend, while it owes a reply or does not take the bytes for it.
  // Begins anew with each byte that moves in either direction. Less than the 10
  // minutes for which a client waits after its message (RFC 5321 4.5.3.2.6), so
  // that the client still gets the 421.
  absl::Duration reply_timeout = absl::Minutes(9);
  // For the client, while no reply is due and it sends nothing. Begins anew
  // with each byte that moves. RFC 5321 4.5.3.2.7 asks for 5 minutes at least.
  absl::Duration idle_timeout = absl::Minutes(30);
};

// Judges whether the recipient of a refusal exists. Called on any thread, on
// several at a time. May block: then only that client's connection waits.
using RecipientJudge = std::function<Ruling(std::string_view recipient)>;

// Serves until `stop_fd` is readable; borrows it, and never reads from it. Then
// a client between two transactions gets a 421; a client within a transaction
// may finish it, for server.drain at most. Returns as RunConnectionServer does.
// Returns an error also if an address is malformed. A backend that is down is
// no error, since it may come up later.
//
// `log` is called on any thread, one call at a time: once for each 5xx that
// does not stand by itself, with the recipient, the reply, what the MTA hears,
// and why; and once for each dialogue that fails.
absl::Status RunProxy(const ProxyOptions& options, const RecipientJudge& judge,
                      const LogSink& log, int stop_fd);

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_LMTP_PROXY_H_

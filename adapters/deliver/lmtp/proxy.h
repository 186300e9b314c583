// An LMTP server in front of Dovecot, Cyrus or another: see lmtp_dialogue.h for
// what it changes in their dialogue, which is little.
//
//   MTA --LMTP--> us --LMTP--> mailbox server
//
// Each client has a backend connection of its own. Nothing is stored: a message
// flows through buffers of 64 KiB, each side as fast as the other.
//
// When we are killed or the backend is: the client has no reply, keeps the
// message and tries again. It may come twice then, if the backend had taken it
// already and the reply was lost; RFC 1047 says why that cannot be helped.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_LMTP_PROXY_H_
#define MAILVERDICT_ADAPTERS_DELIVER_LMTP_PROXY_H_

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "adapters/deliver/lmtp/refusal.h"
#include "adapters/deliver/users/unknown_rule.h"
#include "adapters/server/connection_server.h"
#include "lib/loop/log.h"

namespace mailverdict::deliver {

struct ProxyOptions {
  // `refusal` is set by RunProxy if it is empty.
  ConnectionServerOptions server;
  // As in socket_address.h.
  std::string backend;
  RefusalCodes codes;

  // Then the client gets a 421, and both connections are closed.
  absl::Duration connect_timeout = absl::Seconds(10);
  // The backend owes a reply, or does not take what it is sent. RFC 5321
  // 4.5.3.2.6: a client waits 10 minutes for the replies to its message, and
  // shall hear of it.
  absl::Duration reply_timeout = absl::Minutes(9);
  // The client sends nothing, and nothing is owed to it. RFC 5321 4.5.3.2.7:
  // at least 5 minutes.
  absl::Duration idle_timeout = absl::Minutes(30);
};

// Called on any thread, and may block: the client's connection waits with it.
using JudgeRecipient = std::function<Ruling(std::string_view recipient)>;

// Serves until stop_fd is readable (borrowed, and never read from). Then a
// client between two transactions gets a 421; one within a transaction goes on
// until it is done, or until server.drain is over. Afterwards as
// RunConnectionServer. An error if an address is wrong; not if nobody is at
// the backend's, which may come later.
//
// `log` is called on any thread, one call at a time: once for each 5xx that
// does not stand by itself, with the recipient, the reply, what the MTA hears,
// and why; and once for each dialogue that fails.
absl::Status RunProxy(const ProxyOptions& options, const JudgeRecipient& rule,
                      const LogSink& log, int stop_fd);

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_LMTP_PROXY_H_

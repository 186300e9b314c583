// mailverdict-deliver [OPTION]... --map ADDRESS
//
// The map `local`: whether a local user exists, for the MTA's own lookup, which
// would take a dead name service for an absence.
//
//   local_recipient_maps = socketmap:unix:/run/mailverdict/local:local
//
// in Postfix, and in sendmail
//
//   Klocal socket -f -q -d5 -T<TMPF> unix:/run/mailverdict/local
//
// with MODIFY_MAILER_FLAGS(`LOCAL', `-w'): with flag `w`, which the local
// mailer has by default, sendmail asks getpwnam itself.
//
//   key           present      absence proven   all the rest
//   user          OK user      NOTFOUND         TEMP why
//   user@ours     OK user      NOTFOUND         TEMP why
//   user@other    TEMP         TEMP             TEMP
//   @domain       NOTFOUND: Postfix's catch-all, which names no user
//   others        TEMP
//
// Postfix asks for user@domain, then user, then @domain, and rejects after
// three times NOTFOUND; sendmail asks once. A domain that is not ours is a
// domain that was left out of --domain: nothing is proven there, nor accepted.
// The bare user is one of the first domain. Never PERM: for sendmail that is an
// absence.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_USERS_LOCAL_MAP_H_
#define MAILVERDICT_ADAPTERS_DELIVER_USERS_LOCAL_MAP_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "adapters/deliver/users/unknown_rule.h"
#include "adapters/server/connection_server.h"
#include "adapters/socketmap/codec.h"
#include "lib/loop/log.h"

namespace mailverdict::deliver {

// Thread-safe.
class LocalMap {
 public:
  // Borrows the rule, which completes bare users by itself. `domains` are ours.
  LocalMap(const UnknownRule* rule, std::vector<std::string> domains)
      : rule_(rule), domains_(std::move(domains)) {}

  // The reply's payload. Blocks as UnknownRule::Judge does.
  std::string Answer(const socketmap::Request& request) const;

  // Answers the requests of one connection until the client closes it, sends
  // what is no request, stays in the middle of one for 10 s, does not read its
  // reply for 30 s, or is idle when stop_fd is readable. An idle one is never
  // closed before: sendmail would have no map for the rest of its session.
  void Serve(int fd, int stop_fd, const LogSink& log) const;

 private:
  const UnknownRule* const rule_;
  const std::vector<std::string> domains_;
};

// Serves the map until stop_fd is readable; see RunConnectionServer.
absl::Status RunLocalMap(const ConnectionServerOptions& options,
                         const LocalMap& map, int stop_fd, const LogSink& log);

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_USERS_LOCAL_MAP_H_

// The socketmap `local` of mailverdict-deliver --map: it tells the MTA whether
// a local user exists. The MTA asks it in place of its own lookup, which would
// take a dead name service for an absence. In Postfix:
//
//   local_recipient_maps = proxy:socketmap:unix:/run/mailverdict/local:local
//
// In sendmail, with rules as in docs/local_delivery.md:
//
//   MODIFY_MAILER_FLAGS(`LOCAL', `-w')
//   Klocal socket -f -q -d8s -T<TMPF> unix:/run/mailverdict/local
//
// The first line removes flag `w`, with which sendmail asks getpwnam itself.
//
//   key           present      absence proven   otherwise
//   user          OK user      NOTFOUND         TEMP why
//   user@ours     OK user      NOTFOUND         TEMP why
//   user@other    TEMP         TEMP             TEMP
//   @domain       NOTFOUND: Postfix's catch-all, which names no user
//   others        TEMP
//
// "ours" is a domain that --domain lists. Any other domain was probably
// forgotten in the options, so the answer for its users is TEMP. A user without
// a domain belongs to the first domain. The map never says PERM, which sendmail
// takes for an absence.
//
// Postfix asks for user@domain, then user, then @domain, and rejects the
// recipient if all three are NOTFOUND; sendmail asks once.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_USERS_LOCAL_MAP_H_
#define MAILVERDICT_ADAPTERS_DELIVER_USERS_LOCAL_MAP_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "adapters/deliver/users/unknown_user_rule.h"
#include "adapters/server/connection_server.h"
#include "adapters/socketmap/codec.h"
#include "lib/loop/log.h"

namespace mailverdict::deliver {

// How long a client of the map may take.
struct LocalMapLimits {
  // From the first byte of a request to its last.
  absl::Duration request = absl::Seconds(10);
  // To read a reply.
  absl::Duration reply = absl::Seconds(30);
};

// Thread-safe.
class LocalMap {
 public:
  // Borrows `rule`, which adds the domain to bare users. `domains` are ours.
  LocalMap(const UnknownUserRule* rule, std::vector<std::string> domains,
           LocalMapLimits limits = {})
      : rule_(rule), domains_(std::move(domains)), limits_(limits) {}

  // Returns the reply's payload. Blocks for as long as UnknownUserRule::Judge
  // does.
  std::string Answer(const socketmap::Request& request) const;

  // Answers the requests of one connection. Returns when the client closes it,
  // sends malformed bytes, exceeds one of the limits, or is idle while stop_fd
  // is readable. There is no limit for idle connections: if one were closed,
  // sendmail would have no map for the rest of its session.
  void Serve(int fd, int stop_fd, const LogSink& log) const;

 private:
  const UnknownUserRule* const rule_;
  const std::vector<std::string> domains_;
  const LocalMapLimits limits_;
};

// Serves the map until stop_fd is readable; see RunConnectionServer.
absl::Status RunLocalMap(const server::ConnectionServerOptions& options,
                         const LocalMap& map, int stop_fd, const LogSink& log);

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_USERS_LOCAL_MAP_H_

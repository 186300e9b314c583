#include "adapters/deliver/options.h"

namespace mailverdict::deliver {

const char kHelp[] =
    R"(usage: mailverdict-deliver [OPTION]... -- PROGRAM [ARGUMENT]...
       mailverdict-deliver [OPTION]... --lmtp ADDRESS --backend ADDRESS
       mailverdict-deliver [OPTION]... --map ADDRESS

Stands between an MTA and its mailboxes: "user unknown" bounces only when the
absence is proven. Runs a delivery program, or is an LMTP server in front of
another, or the map of local users. ADDRESS is unix:/PATH or inet:HOST:PORT.

  --unknown unless-proven|always-defer
                        when "user unknown" may stand; always-defer: never
  --proof ADDRESS|passwd
                        who proves an absence: a mailverdictd, or the users of
                        this host; all that are given have to
                        (unix:/run/mailverdict/socketmap)
  --proof-timeout TIME  for all of them together (5s)
  --domain DOMAIN       ours; the first completes users without a domain

Running a program:
  --recipient ADDRESS   whom the mail is for ($RECIPIENT)
  --timeout TIME        then the program is ended (15m); has to be less than the
                        MTA's own limit, which may bounce
  --pass STATUS,...     let these exit statuses through, beside 0, 75 and 77
  --defer STATUS,...    make these 75: 67 and 77 are the ones to choose from
  --unknown-status STATUS,...
                        these say "user unknown", as 67 does: 69 of mail.local

LMTP:
  --lmtp ADDRESS        listen here
  --backend ADDRESS     the LMTP server of the mailboxes
  --defer-code CODE,... treat these replies like "user unknown": 5.2.1, 552
  --pass-code CODE,...  let these replies of the message through: 554, 5.3.0

The map of local users:
  --map ADDRESS         listen here; wants --domain

Both sockets:
  --mode MODE           of a unix socket (0660)
  --owner USER          and who owns it (this process's)
  --group GROUP

  --version             print that
  --help
)";

}  // namespace mailverdict::deliver

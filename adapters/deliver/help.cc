#include "adapters/deliver/options.h"

namespace mailverdict::deliver {

const char kHelp[] =
    R"(usage: mailverdict-deliver [OPTION]... -- PROGRAM [ARGUMENT]...
       mailverdict-deliver [OPTION]... --lmtp ADDRESS --backend ADDRESS
       mailverdict-deliver [OPTION]... --map ADDRESS

Stands between an MTA and its mailboxes: "user unknown" bounces a message only
if the absence of the user is proven. Runs a delivery program, or works as an
LMTP server in front of another one, or as the map of local users. ADDRESS is
unix:/PATH or inet:HOST:PORT. TIME is a number and a unit, such as 5s or 15m.
The default of an option stands in brackets.

  --unknown unless-proven|always-defer
                        when "user unknown" may stand: only with a proof, or
                        never (unless-proven)
  --proof ADDRESS|passwd
                        what proves an absence: the mailverdictd at ADDRESS, or
                        the users of this host. If it is given several times,
                        all of them must (unix:/run/mailverdict/socketmap)
  --proof-timeout TIME  how long to wait for all proofs together (5s)
  --domain DOMAIN       a domain of ours. The first one completes users without
                        a domain

To run a program:
  --recipient ADDRESS   the recipient of the mail ($RECIPIENT)
  --timeout TIME        end the program after this time (15m). Choose less than
                        the MTA's own limit, after which the MTA may bounce
  --pass STATUS,...     pass these exit statuses on, besides 0, 75 and 77
  --defer STATUS,...    turn these exit statuses into 75; 67 and 77 make sense
  --unknown-status STATUS,...
                        these exit statuses mean "user unknown", as 67 does;
                        mail.local needs 69

For LMTP:
  --lmtp ADDRESS        listen here
  --backend ADDRESS     the LMTP server of the mailboxes
  --defer-code CODE,... treat replies with these codes like "user unknown",
                        such as 5.2.1,552
  --pass-code CODE,...  pass replies to the message with these codes on, such
                        as 554,5.3.0

For the map of local users:
  --map ADDRESS         listen here; needs --domain

For --lmtp and --map:
  --mode MODE           permissions of a unix socket, in octal (0660)
  --owner USER          owner of a unix socket (the user of this process)
  --group GROUP         group of a unix socket (the group of this process)

  --version             print the version
  --help                print this
)";

}  // namespace mailverdict::deliver

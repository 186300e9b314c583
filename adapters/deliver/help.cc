#include "adapters/deliver/options.h"

namespace mailverdict::deliver {

const char kHelp[] =
    R"(usage: mailverdict-deliver [OPTION]... -- PROGRAM [ARGUMENT]...
       mailverdict-deliver [OPTION]... --lmtp ADDRESS --backend ADDRESS
       mailverdict-deliver [OPTION]... --map ADDRESS

Stands between an MTA and its mailboxes: "user unknown" bounces a message only
if the absence of the user is proven. Runs a delivery program, or is an LMTP
server in front of another one, or is the map of local users. ADDRESS is
unix:/PATH or inet:HOST:PORT. TIME is a number and a unit, such as 5s or 15m.
The default of an option stands in brackets. docs/local_delivery.md has examples
for each MTA.

  --unknown unless-proven|always-defer
                        when "user unknown" may stand: only with a proof, or
                        never (unless-proven)
  --proof ADDRESS|passwd
                        the source of proofs: the mailverdictd at ADDRESS, or
                        the user database of this host. If it is given several
                        times, every source must prove the absence
                        (unix:/run/mailverdict/socketmap)
  --proof-timeout TIME  how long to wait for all sources together (5s). Longer
                        than the `deadline` of the daemon's policy
  --domain DOMAIN       a domain of ours; may be given several times. The first
                        one is added to users without a domain

To run a program:
  --recipient ADDRESS   the recipient of the mail ($RECIPIENT)
  --timeout TIME        end the program after this time (15m). Choose less than
                        the MTA's own limit, after which the MTA may bounce
  --pass STATUS,...     pass these exit statuses on, besides 0, 75 and 77
  --defer STATUS,...    turn these exit statuses into 75; useful for 67 and 77
  --unknown-status STATUS,...
                        these exit statuses mean "user unknown", as 67 does;
                        mail.local needs 69
  The default for every exit status but 0, 67, 75 and 77 is 75, "try again".

For LMTP (CODE is a reply code of the LMTP server, not an exit status):
  --lmtp ADDRESS        listen here
  --backend ADDRESS     the LMTP server of the mailboxes
  --defer-code CODE,... treat replies with these codes, such as 5.2.1,552, like
                        "user unknown": they become temporary unless the absence
                        is proven
  --pass-code CODE,...  pass replies with these codes, such as 554,5.3.0, on:
                        with them the server refuses the message

For the map of local users:
  --map ADDRESS         listen here; needs --domain

For --lmtp and --map:
  --mode MODE           permissions of a unix socket, in octal (0660)
  --owner USER          owner of a unix socket (the user of this process)
  --group GROUP         group of a unix socket (the group of this process); the
                        MTA must run in it

  --version             print the version
  --help                print this
)";

}  // namespace mailverdict::deliver

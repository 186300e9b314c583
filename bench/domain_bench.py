#!/usr/bin/python3
"""Messages a second through a real sendmail that checks senders, recipients and clients.

    bench/domain_bench.py --daemon FILE --instant FILE [--pairs N] [--messages N]
        [--least RATIO]

Each message has one sender and one recipient. mailverdictd with the checks dnsbl and domain by
sendmail's socket maps rcpt, mail and client, every answer of DNS in its cache, against a socket
map server that answers all of them at once (the floor), no check at all, and sendmail's own
check of the sender's domain with FEATURE(`dnsbl'). DNS is a real Unbound, NSDs behind it, with
everything in its cache. In turns; the median of the ratios counts. The exit status is 1 when
mailverdictd reaches less than --least of the floor.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(
    __file__))), "tests/e2e"))
import dns_test    # pylint: disable=wrong-import-position
import dns_world   # pylint: disable=wrong-import-position
import report      # pylint: disable=wrong-import-position
import world       # pylint: disable=wrong-import-position
import smtp_load   # pylint: disable=wrong-import-position
from rcpt_bench import FLOOR, INSTANT_SOCKET, NONE, OURS, Instant   # pylint: disable=wrong-import-position

STOCK = "sendmail's own"
DOMAINS = 25     # senders' domains of each session


def sendmails():
    """What asks, and the MTA's port."""
    own = "FEATURE(`accept_unresolvable_domains')dnl\n"
    ours = "FEATURE(`mailverdict', `unix:%s', `', `', `senders,client')dnl"
    ways = {OURS: own + ours % world.DAEMON_SOCKET, FLOOR: own + ours % INSTANT_SOCKET,
            NONE: own, STOCK: "FEATURE(`dnsbl', `%s')dnl" % dns_world.LIST}
    ports = {}
    for number, (name, features) in enumerate(ways.items()):
        ports[name] = 2600 + number
        world.Sendmail("mta%d" % number, ports[name], dns_test.RELAYS + features,
                       resolves=True).start()
    return ports


def sessions():
    return [smtp_load.Session(
        [("a@good%d.com" % (number * DOMAINS + domain), ["user"]) for domain in range(DOMAINS)],
        dns_world.UNLISTED % (0, number + 1)) for number in range(smtp_load.SESSIONS)]


def main():
    options = smtp_load.read_options("Messages/s with checks of domains.", "daemon", "instant")
    world.enter()
    dns_world.enter()
    load = os.getloadavg()[0]
    results = report.Report("domain_bench")
    dns_world.Dns().start()
    for server in (dns_test.Daemon(options.daemon, mode="0666"), Instant(options.instant)):
        server.start()
    rates = smtp_load.alternate("sendmail", sendmails(), sessions(), options)
    smtp_load.against("sendmail", rates, FLOOR, OURS, options, results)
    return smtp_load.finish(results, options, load, recipients=1)


if __name__ == "__main__":
    sys.exit(main())

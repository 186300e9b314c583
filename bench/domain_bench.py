#!/usr/bin/python3
"""Messages a second through a real sendmail that checks senders, recipients and clients.

    bench/domain_bench.py --daemon FILE --instant FILE [--pairs N] [--sessions N...]
        [--recipients N] [--least RATIO] [--json FILE]

Each message has one sender and one recipient, and in a measurement a sender's domain of its
own. mailverdictd with the checks dnsbl and domain by sendmail's socket maps rcpt, mail and
client, its cache of DNS empty (cold) or full (warm), against a socket map server that answers
all of them at once (the floor), no check at all, and sendmail's own check of the sender's
domain with FEATURE(`dnsbl'). DNS is a real Unbound, NSDs behind it, with everything in its
cache; it counts the questions, of which sendmail's own for the client's name are left out. In
turns; the median of the ratios counts. The exit status is 1 when mailverdictd, warm, reaches
less than --least of the floor.
"""

import sys

import gateways   # first: it finds the modules of tests/e2e
import contest
import dns_test
import dns_world
import smtp_load
import world
from gateways import FLOOR, INSTANT_SOCKET, NONE, OURS

STOCK = "sendmail's own"


class Questions:
    """Counts at the cache."""

    def __init__(self, cache):
        self._cache = cache
        self._total = 0

    def __call__(self):
        asked = self._cache.questions()
        self._total += sum(asked.values()) - asked.get("PTR", 0)
        return self._total


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


def spread(number, sessions):
    """So many messages, over so many sessions, each a client of its own."""
    def message(domain):
        return "a@good%d.com" % domain, ["user"]
    return [smtp_load.Session([message(domain) for domain in range(each, number, sessions)],
                              dns_world.UNLISTED % (0, each + 1), message(number))
            for each in range(sessions)]


def main():
    options = contest.read_options("Messages/s with checks of domains.", 2000, "daemon",
                                   "instant")
    world.enter()
    dns_world.enter()
    dns = dns_world.Dns()
    dns.start()
    daemon = dns_test.Daemon(options.daemon, mode="0666")
    for server in (daemon, gateways.Instant(options.instant)):
        server.start()
    held = contest.Contest("domain_bench", options, "messages", "message", "DNS questions",
                           Questions(dns.cache))
    entrants = contest.ways(sendmails(), daemon.empty_caches)
    for sessions in options.sessions:
        held.hold("sendmail", entrants, spread(options.recipients, sessions))
    return held.finish()


if __name__ == "__main__":
    sys.exit(main())

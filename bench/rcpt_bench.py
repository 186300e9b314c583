#!/usr/bin/python3
"""RCPT/s through a real MTA that checks recipients, in several ways.

    bench/rcpt_bench.py --daemon FILE --instant FILE [--pairs N] [--sessions N...]
        [--recipients N] [--least RATIO] [--json FILE]

mailverdictd by its socket map with an empty cache (cold: each recipient is asked for in
slapd) and with every answer in it (warm), a socket map server that answers at once (the
floor), no check at all, and what people run today (gateways.py). Ten recipients a message,
each of them once in a measurement; all of them exist, since the floor knows no others.
Pipelined, but not to Postfix: it sends each reply by itself, which TCP then holds back. The
exit status is 1 when mailverdictd, warm, reaches less than --least of the floor.
"""

import sys

import gateways   # first: it finds the modules of tests/e2e
import contest
import smtp_load
import world
from contest import COLD, WARM
from gateways import FLOOR

RECIPIENTS = 10                # of each message
ONE_SEARCH = {"sendmail": "ldap map, -T", "Postfix": "ldap:"}
TWO_QUESTIONS = {"sendmail": "two maps"}


def compare(held, mta, entrants, users, options):
    """By so many sessions each; and a table of what is gained by whom."""
    peers = [peer[mta] for peer in (ONE_SEARCH, TWO_QUESTIONS) if mta in peer]
    gains = [(way, peer) for peer in peers for way in (FLOOR, WARM, COLD)]
    lines = []
    for sessions in options.sessions:
        measured = held.hold(mta, entrants, smtp_load.spread(
            users[1:], sessions, RECIPIENTS, users[0]))
        lines.append((str(sessions), [contest.against(measured[way], measured[peer])
                                      for way, peer in gains]))
    table = held.rows.table("%s, against its peers" % mta,
                            *("%s / %s" % gain for gain in gains))
    for label, cells in lines:
        table.add(label, *cells)


def main():
    options = contest.read_options("RCPT/s by several maps.", 6000, "daemon", "instant")
    world.enter(postfix=True)
    slapd = gateways.CountingSlapd(people=options.recipients + 2)
    daemon = world.Daemon(options.daemon, mode="0666")
    for server in (slapd, daemon, gateways.Instant(options.instant)):
        server.start()
    users = slapd.users[:options.recipients + 1]
    held = contest.Contest("rcpt_bench", options, "RCPT", "RCPT", "searches", slapd.searches)
    for mta, ports in (("sendmail", gateways.sendmails()), ("Postfix", gateways.postfixes())):
        compare(held, mta, contest.ways(ports, daemon.empty_caches, but=["ldap map"]), users,
                options)
    return held.finish()


if __name__ == "__main__":
    sys.exit(main())

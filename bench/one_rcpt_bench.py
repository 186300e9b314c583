#!/usr/bin/python3
"""What a recipient waits in an SMTP session of its own, with several ways to check it.

    bench/one_rcpt_bench.py --daemon FILE --instant FILE [--pairs N] [--rcpts N] [--most RATIO]
        [--json FILE]

A session a message, one after the other, one recipient each, who exists. The time is from
RCPT to its reply: a map that a session opens anew is in it, the fork and the greeting are
not. The ways are those of rcpt_bench.py, in turns. The exit status is 1 when with
mailverdictd, everything in its cache, the median is more than --most times the floor's.
"""

import collections
import statistics
import sys
import time

import gateways   # first: it finds the modules of tests/e2e
import contest
import report
import rows
import world
from contest import WARM
from gateways import FLOOR


def read_options():
    parser = report.command_line("The wait of one recipient a session.", "daemon", "instant")
    rows.add_option(parser)
    parser.add_argument("--pairs", metavar="N", type=int, default=7)
    parser.add_argument("--rcpts", metavar="N", type=int, default=100,
                        help="in each measurement")
    parser.add_argument("--most", metavar="RATIO", type=float, default=1.5)
    return parser.parse_args()


def wait(port, user):
    """Milliseconds."""
    with world.SmtpSession(port) as session:
        session.say(b"MAIL FROM:<sender@elsewhere.example>")
        reply = session.say(("RCPT TO:<%s@%s>" % (user, world.DOMAIN)).encode())
    if reply.code != 250:
        raise world.WorldError("%s: %s %s" % (user, reply, reply.text))
    return 1000 * reply.seconds


class Measured:
    """What one way made recipients wait."""

    def __init__(self):
        self.waits = []            # all of them
        self.medians, self.rates = [], []   # of each turn

    def ask(self, port, users):
        begun = time.monotonic()
        waits = [wait(port, user) for user in users]
        self.rates.append(len(users) / (time.monotonic() - begun))
        self.medians.append(statistics.median(waits))
        self.waits += waits


def in_turns(entrants, users, pairs):
    measured = collections.defaultdict(Measured)
    for way, name in contest.turns(entrants, pairs):
        if name == way.name:
            wait(way.port, users[0])
        measured[name].ask(way.port, users[1:])
    return measured


def tell(mta, measured, options, tables, results):
    table = tables.table("%s, a session for each RCPT" % mta, "wait ms, median", "wait ms, p99",
                         "of the floor's", "sessions/s")
    print("%s: ms until the reply to RCPT: median, p99; of the floor's; sessions/s" % mta)
    for name, each in measured.items():
        ratios = [a / b for a, b in zip(each.medians, measured[FLOOR].medians)]
        late = contest.quantile(sorted(each.waits), 0.99)
        table.add(name, each.medians, round(late, 3), ratios, each.rates)
        print("  %-18s %6.2f %6.2f   %.2f   %.0f" % (
            name, statistics.median(each.medians), late, statistics.median(ratios),
            statistics.median(each.rates)), flush=True)
        if name == WARM:
            most = statistics.median(ratios)
            results.add("%s: the wait, warm" % mta,
                        None if most <= options.most else "%.2f of the floor's" % most)


def main():
    options = read_options()
    world.enter(postfix=True)
    results, tables = report.Report("one_rcpt_bench"), rows.Rows()
    slapd = world.Slapd(people=options.rcpts + options.rcpts % 2 + 2)
    daemon = world.Daemon(options.daemon, mode="0666")
    for server in (slapd, daemon, gateways.Instant(options.instant)):
        server.start()
    for mta, ports in (("sendmail", gateways.sendmails()), ("Postfix", gateways.postfixes())):
        entrants = contest.ways(ports, daemon.empty_caches, but=["ldap map"])
        measured = in_turns(entrants, slapd.users[:options.rcpts + 1], options.pairs)
        tell(mta, measured, options, tables, results)
    results.write(options.xml)
    tables.write(options.json)
    return 1 if results.failed else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
"""Searches at slapd for each RCPT through a real MTA.

    bench/searches_bench.py --daemon FILE [--recipients N] [--mix N] [--expire] [--json FILE]

The recipients are distinct and were never asked for before; 30 % of them do not exist.
mailverdictd by its socket map, and what people run today, each by one session and by
several at once; mailverdictd then once more, with every answer in its cache.

Then a mix as mail has it, behind sendmail (Mix): from an empty cache, once more as long with
what is in the cache then, and with --expire once more when all absences in it have expired.

slapd's own log is counted, and nothing is left out: what mailverdictd asks for itself, while
that goes on, is in it. The exit status is 1 when mailverdictd needs more than one search for
a new recipient, or any for one that it knows, or more than 0.1 for one of the mix when its
cache has seen as much of it, or when a reply is wrong.
"""

import concurrent.futures
import itertools
import random
import sys
import time

import gateways   # first: it finds the modules of tests/e2e
import report
import rows
import world
from gateways import OURS

SESSIONS = 8
UNKNOWN = 0.3                  # of the recipients
ABSENT = 30.0                  # seconds that an absence is cached, as in the policy


class People:
    """Recipients nobody has asked for, each with the reply that is right."""

    def __init__(self, users):
        self._users = iter(users)
        self._nobodies = ("nobody%05d" % number for number in itertools.count())

    def take(self, number):
        return [(next(self._nobodies), 550) if i % 10 < 3 else (next(self._users), 250)
                for i in range(number)]


class Mix:
    """Recipients as mail has them: Zipf's law with exponent 1, and 30 % of them unknown.

    There is one user and one unknown address for each ten recipients that are drawn at a time;
    the k-th most frequent of either comes up 1/k times as often as the first. Seeded.
    """

    def __init__(self, users, number):
        self._number = number
        self._random = random.Random(6)
        self._kinds = [(["stranger%05d" % each for each in range(len(users))], 550),
                       (users, 250)]
        self._weights = [1 / (rank + 1) for rank in range(len(users))]

    def draw(self):
        known = [self._random.random() >= UNKNOWN for _ in range(self._number)]
        return [(self._random.choices(self._kinds[each][0], self._weights)[0],
                 self._kinds[each][1]) for each in known]


def ask(port, recipients):
    """In one session; how many replies are wrong."""
    with world.SmtpSession(port) as session:
        return sum(session.ask("%s@%s" % (who, world.DOMAIN)).code != right
                   for who, right in recipients)


class Bench:
    """The servers, and the results."""

    def __init__(self, options):
        self._options = options
        self._number = options.recipients
        self.results = report.Report("searches_bench")
        self.rows = rows.Rows()
        # Enough for each way of each MTA, by one session and by several.
        distinct, mixed = 14 * options.recipients, options.mix // 10
        self._slapd = world.Slapd(people=distinct + mixed, log="stats")
        self._people = People(self._slapd.users[:distinct])
        self._mix = Mix(self._slapd.users[distinct:], options.mix)
        self._daemon = world.Daemon(options.daemon, mode="0666")
        self._slapd.start()
        self._daemon.start()

    def run(self):
        world.wait_until(self._slapd.searches, 5, "mailverdictd has looked for its controls")
        print("when mailverdictd connected: %d search" % self._slapd.searches())
        print("searches for each RCPT, of %d" % self._number)
        sendmails = gateways.sendmails()
        for mta, ports in (("sendmail", sendmails), ("Postfix", gateways.postfixes())):
            table = self.rows.table("%s, searches" % mta, "1 session, searches per RCPT",
                                    "%d sessions, searches per RCPT" % SESSIONS)
            for way in ports:
                if way not in gateways.WITHOUT_LDAP:
                    self._count(mta, way, ports[way], table)
        self._count_mix(sendmails[OURS])

    def _count(self, mta, way, port, table):
        cold, warm = [], []
        for sessions in (1, SESSIONS):
            recipients = self._people.take(self._number)
            at_once = "%d at once, " % sessions
            cold.append(self._pass(mta, way, port, recipients, sessions, at_once + "cold", 1.0))
            if way == OURS:
                warm.append(
                    self._pass(mta, way, port, recipients, sessions, at_once + "warm", 0.0))
        table.add(way + (", cold" if warm else ""), *cold)
        if warm:
            table.add(way + ", warm", *warm)

    def _count_mix(self, port):
        """From an empty cache, from a warm one, and from one with presences only."""
        table = self.rows.table("the mix, searches", "searches per RCPT")
        passes = [("nothing in the cache", 1.0), ("as much asked before", 0.1)]
        if self._options.expire:
            passes.append(("the same, absences expired", None))
        self._daemon.empty_caches()
        for kind, most in passes:
            if most is None:
                time.sleep(ABSENT + 1)
            table.add(kind, self._pass("sendmail", OURS, port, self._mix.draw(), SESSIONS,
                                       "mix: " + kind, most))

    def _pass(self, mta, way, port, recipients, sessions, kind, most):
        """Searches for each RCPT; `most` of ours are right, if not None."""
        before = self._slapd.searches()
        with concurrent.futures.ThreadPoolExecutor(sessions) as pool:
            wrong = sum(pool.map(lambda number: ask(port, recipients[number::sessions]),
                                 range(sessions)))
        each = (self._slapd.searches() - before) / len(recipients)
        print("  %-9s %-16s %s   %.3f" % (mta, way, kind, each), flush=True)
        name = "%s, %s, %s" % (mta, way, kind)
        self.results.add(name + ": the replies",
                         "%d are wrong" % wrong if wrong else None)
        if way == OURS and most is not None:
            self.results.add(name + ": searches for each RCPT",
                             None if each <= most else "%.3f" % each)
        return each


def main():
    parser = report.command_line("Searches at slapd for each RCPT.", "daemon")
    rows.add_option(parser)
    parser.add_argument("--recipients", metavar="N", type=int, default=500,
                        help="in each measurement, at most 700")
    parser.add_argument("--mix", metavar="N", type=int, default=10000,
                        help="recipients drawn from the mix at a time, a multiple of 20")
    parser.add_argument("--expire", action="store_true",
                        help="wait half a minute, and ask for the mix once more")
    options = parser.parse_args()
    world.enter(postfix=True)
    bench = Bench(options)
    bench.run()
    bench.results.write(options.xml)
    bench.rows.write(options.json)
    print("%d checks, %d wrong" % (len(bench.results), bench.results.failed))
    return 1 if bench.results.failed else 0


if __name__ == "__main__":
    sys.exit(main())

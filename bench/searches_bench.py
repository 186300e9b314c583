#!/usr/bin/python3
"""Searches at slapd for each RCPT through a real MTA.

    bench/searches_bench.py --daemon FILE [--recipients N]

The recipients are distinct and were never asked for before; 30 % of them do not exist.
mailverdictd by its socket map, and what people run today, each by one session and by
several at once; mailverdictd then once more, with every answer in its cache. slapd's own
log is counted, and nothing is left out: what mailverdictd asks for itself, while that goes
on, is in it. The exit status is 1 when mailverdictd needs more than one search for a new
recipient, or any for one that it knows, or when a reply is wrong.
"""

import concurrent.futures
import itertools
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(
    __file__))), "tests/e2e"))
import rcpt_bench   # pylint: disable=wrong-import-position
import report       # pylint: disable=wrong-import-position
import world        # pylint: disable=wrong-import-position

SESSIONS = 8


class People:
    """Recipients nobody has asked for, each with the reply that is right."""

    def __init__(self, users):
        self._users = iter(users)
        self._nobodies = ("nobody%05d" % number for number in itertools.count())

    def take(self, number):
        return [(next(self._nobodies), 550) if i % 10 < 3 else (next(self._users), 250)
                for i in range(number)]


def ask(port, recipients):
    """In one session; how many replies are wrong."""
    with world.SmtpSession(port) as session:
        return sum(session.ask("%s@%s" % (who, world.DOMAIN)).code != right
                   for who, right in recipients)


class Bench:
    """The servers, and the results."""

    def __init__(self, options):
        self._number = options.recipients
        self.results = report.Report("searches_bench")
        # Enough for each way of each MTA, by one session and by several.
        self._slapd = world.Slapd(people=14 * options.recipients, log="stats")
        self._people = People(self._slapd.users)
        daemon = world.Daemon(options.daemon, mode="0666")
        self._slapd.start()
        daemon.start()

    def run(self):
        world.wait_until(self._slapd.searches, 5, "mailverdictd has looked for its controls")
        print("when mailverdictd connected: %d search" % self._slapd.searches())
        print("searches for each RCPT, of %d" % self._number)
        for mta, ports in (("sendmail", rcpt_bench.sendmails()),
                           ("Postfix", rcpt_bench.postfixes())):
            for way in ports:
                if way not in rcpt_bench.WITHOUT_LDAP:
                    self._count(mta, way, ports[way])

    def _count(self, mta, way, port):
        for sessions in (1, SESSIONS):
            recipients = self._people.take(self._number)
            self._pass(mta, way, port, recipients, sessions, "cold", 1.0)
            if way == rcpt_bench.OURS:
                self._pass(mta, way, port, recipients, sessions, "warm", 0.0)

    def _pass(self, mta, way, port, recipients, sessions, kind, most):
        before = self._slapd.searches()
        with concurrent.futures.ThreadPoolExecutor(sessions) as pool:
            wrong = sum(pool.map(lambda number: ask(port, recipients[number::sessions]),
                                 range(sessions)))
        each = (self._slapd.searches() - before) / len(recipients)
        print("  %-9s %-16s %d at once, %s   %.3f" % (mta, way, sessions, kind, each),
              flush=True)
        name = "%s, %s, %d at once, %s" % (mta, way, sessions, kind)
        self.results.add(name + ": the replies",
                         "%d are wrong" % wrong if wrong else None)
        if way == rcpt_bench.OURS:
            self.results.add(name + ": searches for each RCPT",
                             None if each <= most else "%.3f" % each)


def main():
    parser = report.command_line("Searches at slapd for each RCPT.", "daemon")
    parser.add_argument("--recipients", metavar="N", type=int, default=500,
                        help="in each measurement, at most 700")
    options = parser.parse_args()
    world.enter(postfix=True)
    bench = Bench(options)
    bench.run()
    bench.results.write(options.xml)
    print("%d checks, %d wrong" % (len(bench.results), bench.results.failed))
    return 1 if bench.results.failed else 0


if __name__ == "__main__":
    sys.exit(main())

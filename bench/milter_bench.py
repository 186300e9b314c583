#!/usr/bin/python3
"""RCPT/s through a real MTA with our milter, and with one that does nothing.

    bench/milter_bench.py --daemon FILE --do-nothing FILE --do-nothing-threads FILE
        [--pairs N] [--messages N] [--least RATIO] [--json FILE]

Both milters are on the same libmilter; the second does nothing, once on libmilter's own
pool of threads, and once with a thread for each session as ours has. They run behind the
same MTA in turns, so that what else the machine does hits all alike; the median of the
ratios is what counts. The commands are pipelined, but not to Postfix: it sends each reply
by itself, which TCP then holds back for 40 ms. Each recipient exists; "cached" are those
whose answer is at hand, "uncached" those that are asked for in slapd each time. The exit
status is 1 when a ratio of "cached" is below --least.
"""

import grp
import os
import pwd
import socket
import statistics
import sys

import contest   # first: it finds the modules of tests/e2e
import report
import rows
import smtp_load
import world

SESSIONS = 8
RECIPIENTS = 50                # of each message
OURS, POOL, THREADS = "mailverdict", "do nothing", "do nothing, threads"
SOCKETS = {OURS: world.MILTER_SOCKET, POOL: "/run/mailverdict/pool",
           THREADS: "/run/mailverdict/threads"}


class DoNothing(world.Server):
    """The other milter."""

    def __init__(self, name, program):
        self._path = SOCKETS[name]
        super().__init__(os.path.basename(self._path), [program, "unix:" + self._path])

    def ready(self):
        return world.accepts(socket.AF_UNIX, self._path)

    def start(self):
        super().start()
        os.chown(self._path, pwd.getpwnam(world.MTA_USER).pw_uid,
                 grp.getgrnam(world.POSTFIX_USER).gr_gid)
        os.chmod(self._path, 0o660)


class Bench:
    """The MTAs: each in front of each milter, at a port of its own."""

    def __init__(self, options):
        self._options = options
        self._slapd = world.Slapd(people=SESSIONS * RECIPIENTS)
        self._daemon = world.Daemon(options.daemon, more=world.MILTER_LISTENER)
        self._mtas = {"sendmail": {}, "Postfix": {}}
        for server in (self._slapd, self._daemon, DoNothing(POOL, options.do_nothing),
                       DoNothing(THREADS, options.do_nothing_threads)):
            server.start()
        for number, (name, path) in enumerate(SOCKETS.items()):
            self._start_mtas(name, path, number)

    def _start_mtas(self, name, path, number):
        port = 2525 + number
        world.Sendmail("sendmail%d" % number, port, world.SENDMAIL_MILTER.replace(
            world.MILTER_SOCKET, path)).start()
        self._mtas["sendmail"][name] = port
        port = 2530 + number
        world.Postfix("postfix%d" % number, {port: ("n", {
            "smtpd_milters": world.POSTFIX_MILTER["smtpd_milters"].replace(
                world.MILTER_SOCKET, path)})},
                      # No message is delivered, which else would slow the next one down.
                      in_flow_delay="0").start()
        self._mtas["Postfix"][name] = port

    def _use_cache(self, cached):
        text = self._daemon.policy_text
        if not cached:
            text = text.replace('present: "5m"', 'present: "0s"')
        world.write(self._daemon.policy, text)
        self._daemon.empty_caches()

    def run(self, results, tables):
        table = tables.table("RCPT/s", OURS, POOL, "ratio", THREADS, "its ratio")
        print("%-9s %-9s %12s %12s %12s   %s" % (
            "MTA", "answers", OURS, POOL, "... threads", "ratios, median of %d pairs"
            % self._options.pairs))
        for cached in (True, False):
            self._use_cache(cached)
            for mta, ports in self._mtas.items():
                self._compare(results, table, mta, "cached" if cached else "uncached", ports)

    def _rates(self, mta, ports):
        """At each of the ports, by name, in turns: one message for each session, again and
        again, to its part of the users."""
        sessions = smtp_load.spread(self._slapd.users, SESSIONS, RECIPIENTS,
                                    self._slapd.users[0])
        measured = {name: [] for name in ports}
        for port in ports.values():                        # processes, caches
            smtp_load.measure(mta, port, sessions, 1)
        entrants = [contest.Way(*each) for each in ports.items()]
        for way, name in contest.turns(entrants, self._options.pairs):
            measured[name].append(
                smtp_load.measure(mta, way.port, sessions, self._options.messages).rate)
        return measured

    def _compare(self, results, table, mta, answers, ports):
        rates = self._rates(mta, ports)
        each = {name: [ours / other for ours, other in zip(rates[OURS], rates[name])]
                for name in (POOL, THREADS)}
        table.add("%s, %s" % (mta, answers), rates[OURS], rates[POOL], each[POOL],
                  rates[THREADS], each[THREADS])
        ratios = {name: statistics.median(measured) for name, measured in each.items()}
        print("%-9s %-9s %12.0f %12.0f %12.0f   %.2f, %.2f" % (
            (mta, answers) + tuple(statistics.median(rates[name]) for name in ports)
            + tuple(ratios.values())), flush=True)
        for name, ratio in ratios.items():
            results.add("%s, %s: RCPT/s against %s" % (mta, answers, name),
                        None if ratio >= self._options.least or answers != "cached" else
                        "%.2f, less than %.2f" % (ratio, self._options.least))


def read_options():
    parser = report.command_line("RCPT/s with our milter and another.", "daemon",
                                 "do-nothing", "do-nothing-threads")
    rows.add_option(parser)
    parser.add_argument("--pairs", metavar="N", type=int, default=7)
    parser.add_argument("--messages", metavar="N", type=int, default=15,
                        help="of each session, in each measurement")
    parser.add_argument("--least", metavar="RATIO", type=float, default=0.9)
    return parser.parse_args()


def main():
    options = read_options()
    world.enter(postfix=True)
    results = report.Report("milter_bench")
    tables = rows.Rows()
    Bench(options).run(results, tables)
    tables.write(options.json)
    results.write(options.xml)
    print("%d checks, %d wrong" % (len(results), results.failed))
    return 1 if results.failed else 0


if __name__ == "__main__":
    sys.exit(main())

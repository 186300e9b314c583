#!/usr/bin/python3
"""Mail while the directory is in trouble: answers, their time, and how soon all is well again.

    bench/trouble_bench.py --daemon FILE [--seconds N] [--after N] [--sessions N]
        [--situations WORD...] [--only-ours] [--most SECONDS] [--json FILE]

slapd hangs (SIGSTOP), refuses connections, or flaps; each situation with each gateway by
itself: several clients send messages, one recipient each, ten a session, one after the other,
from before the fault until some seconds after it. 30 % of the recipients do not exist. Of
mailverdictd twice: recipients it was never asked for, and those who are in its cache. Beside
it sendmail's ldap map, with and without -T, and Postfix's ldap:. Whoever waits when
the fault ends is answered then, so that what others wait is "at least".

The exit status is 1 when with mailverdictd somebody who exists is refused for good, or
somebody who does not is accepted, or one waits for more than --most seconds, or not all is
right again within five.
"""

import collections
import itertools
import sys
import time

import gateways   # first: it finds the modules of tests/e2e
import report
import rows
import world
from clients import Clients, Played, Session, recipients
from gateways import OURS

PEOPLE = 12000
KNOWN = 200                    # who are in the cache
FLAP = 2.0                     # seconds down, and up
HEALED_WITHIN = 5.0
UNSEEN, SEEN = OURS + ", never asked", OURS + ", in the cache"


class Gateway(collections.namedtuple("Gateway", "name port seen", defaults=(False,))):
    """`seen`: it is asked for those who are in the cache."""

    @property
    def ours(self):
        return self.name.startswith(OURS)


# ---- the situations --------------------------------------------------------

def hang(slapd, seconds):
    slapd.pause()
    time.sleep(seconds)
    slapd.resume()


def refuse(slapd, seconds):
    slapd.kill()
    time.sleep(seconds)
    slapd.start()


def flap(slapd, seconds):
    for _ in range(max(1, round((seconds - FLAP) / (2 * FLAP)))):
        refuse(slapd, FLAP)
        time.sleep(FLAP)
    refuse(slapd, FLAP)


SITUATIONS = {"hangs": hang, "refuses": refuse, "flaps": flap}


class Bench:
    """Plays the situations."""

    COLUMNS = ("RCPT/s", "wait s, median", "wait s, p99", "wait s, longest",
               "451 of all, %", "who exist, asked for", "of them refused for good",
               "first 250 after, s", "all right after, s")

    def __init__(self, options, slapd, daemon, table, results):
        self._options, self._slapd, self._daemon = options, slapd, daemon
        self._table, self._results = table, results
        self._unseen = itertools.cycle(slapd.users[KNOWN:])
        self._seen = slapd.users[:KNOWN]
        self._turns = itertools.count()

    def _people(self, gateway):
        prefix = "nobody%d." % next(self._turns)
        if not gateway.seen:
            return recipients(self._unseen, prefix)
        with Session(gateway.port) as session:
            for who in self._seen:
                session.ask("%s@%s" % (who, world.DOMAIN))
        return recipients(self._seen, prefix)

    def play(self, name, gateway):
        if gateway.ours:
            self._daemon.empty_caches()
        clients = Clients(gateway.port, self._people(gateway), self._options.sessions)
        time.sleep(1.0)
        begun = time.monotonic()
        SITUATIONS[name](self._slapd, self._options.seconds)
        healed = time.monotonic()
        time.sleep(self._options.after)
        clients.stop()
        played = Played(clients.answers, begun, healed, healed - begun)
        self._tell(name, gateway, played)

    def _tell(self, name, gateway, played):
        cells = (played.rate, played.wait(0.5), played.wait(0.99), played.wait(1),
                 100 * (played.codes[451] + played.codes[450]) / played.answered, played.existing,
                 played.refused, played.first, played.all_right)
        self._table.add("slapd %s: %s" % (name, gateway.name), *(
            each if each is None else round(each, 3) for each in cells))
        print("  %-8s %-28s %6.0f/s  wait %5.2f %5.2f %5.2f s  later %3.0f %%  %5d exist, "
              "%d refused  after: %s, %.2f s" % (
                  (name, gateway.name) + cells[:-2] + (
                      "none" if played.first is None else "%.2f" % played.first,
                      played.all_right)), flush=True)
        if gateway.ours:
            self._judge("%s: %s: " % (name, gateway.name), played)

    def _judge(self, name, played):
        for what, got, most in (
                ("refused who exist", played.refused, 0),
                ("accepted who do not", played.accepted, 0),
                ("the longest wait", played.wait(1), self._options.most),
                ("all is right again", played.all_right, HEALED_WITHIN)):
            self._results.add(name + what, None if got <= most else "%.3g" % got)


def start(options):
    """slapd, the daemon, and the gateways that ask them."""
    stock = gateways.others()
    ours = world.Sendmail("ours", 2600, "FEATURE(`mailverdict')")
    postfix = {2610: "socketmap:unix:%s:postfix" % world.DAEMON_SOCKET,
               2611: "ldap:" + gateways.ldap_table()}
    slapd = world.Slapd(people=PEOPLE)
    daemon = world.Daemon(options.daemon, mode="0666")
    for server in (slapd, daemon, ours, stock["ldap map"], stock["ldap map, -T"],
                   world.Postfix("postfix", {
                       port: ("n", {"relay_recipient_maps": maps})
                       for port, maps in postfix.items()}, in_flow_delay="0")):
        server.start()
    return slapd, daemon, [
        Gateway(UNSEEN, ours.port), Gateway(SEEN, ours.port, True),
        Gateway(UNSEEN + ", Postfix", 2610),
        Gateway("sendmail, ldap map", stock["ldap map"].port),
        Gateway("sendmail, ldap map, -T", stock["ldap map, -T"].port),
        Gateway("Postfix, ldap:", 2611)]


def read_options():
    parser = report.command_line("Mail while the directory is in trouble.", "daemon")
    rows.add_option(parser)
    parser.add_argument("--seconds", metavar="N", type=float, default=12.0,
                        help="that a situation lasts")
    parser.add_argument("--after", metavar="N", type=float, default=6.0,
                        help="seconds that are watched after it")
    parser.add_argument("--sessions", metavar="N", type=int, default=4)
    parser.add_argument("--situations", metavar="WORD", nargs="+", default=list(SITUATIONS),
                        choices=list(SITUATIONS))
    parser.add_argument("--only-ours", action="store_true", help="no other gateway")
    parser.add_argument("--most", metavar="SECONDS", type=float, default=5.0)
    return parser.parse_args()


def main():
    options = read_options()
    world.enter(postfix=True)
    tables, results = rows.Rows(), report.Report("trouble_bench")
    slapd, daemon, asked = start(options)
    bench = Bench(options, slapd, daemon, tables.table("in trouble", *Bench.COLUMNS), results)
    for situation in options.situations:
        for gateway in asked:
            if gateway.ours or not options.only_ours:
                bench.play(situation, gateway)
    results.write(options.xml)
    tables.write(options.json)
    print("%d checks, %d wrong" % (len(results), results.failed))
    return 1 if results.failed else 0


if __name__ == "__main__":
    sys.exit(main())

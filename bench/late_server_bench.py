#!/usr/bin/python3
"""What recipients wait while one of three directory servers answers late.

    bench/late_server_bench.py --daemon FILE [--seconds N] [--turns N] [--late SECONDS]
        [--sessions N] [--json FILE]

Three slapds, a relay before each; the first is late with all that it says. Clients ask as in
trouble_bench.py, for recipients nobody has asked for before. All well and one late, and
mailverdictd, sendmail's ldap map with -T and Postfix's ldap:, with the same three servers,
take turns; mailverdictd also with `hedge_after`. The exit status is 1 when mailverdictd gives
a wrong answer.
"""

import collections
import itertools
import queue
import statistics
import sys
import threading
import time

import gateways   # first: it finds the modules of tests/e2e
import report
import rows
import world
from clients import Clients, Played, recipients
from gateways import OURS
from ldap_relay import Relay, pieces

PEOPLE = 12000
RELAY_PORT, SLAPD_PORT = 3900, 3910
URIS = ["ldap://127.0.0.1:%d" % (RELAY_PORT + number) for number in range(3)]
WELL, LATE = "all are well", "the first is late"
HEDGED = OURS + ", hedge_after: 50ms"


class LateRelay(Relay):
    """Passes on what the server says `delay` seconds after it came, as a long way does: what
    comes close together stays so."""

    delay = 0.0

    def _answer(self, client, server):
        coming = queue.SimpleQueue()
        threading.Thread(target=self._receive, args=(server, coming), daemon=True).start()
        for due, data in iter(coming.get, None):
            time.sleep(max(0.0, due - time.monotonic()))
            client.sendall(data)

    def _receive(self, server, coming):
        try:
            for data in pieces(server):
                coming.put((time.monotonic() + self.delay, data))
        except OSError:
            pass
        coming.put(None)


def use_policy(daemon, way):
    one = '  uri: "%s"\n' % world.LDAP_URI.rstrip("/")
    several = "".join('  uri: "%s"\n' % uri for uri in URIS)
    world.write(daemon.policy, daemon.policy_text.replace(
        one, several + ('  hedge_after: "50ms"\n' if way == HEDGED else "")))


def start(options):
    """The relay of the first, the daemon, people, and the gateways' ports."""
    relays = [LateRelay(RELAY_PORT + number, SLAPD_PORT + number) for number in range(3)]
    slapds = [world.Slapd(PEOPLE, "slapd%d" % number,
                          "ldap://127.0.0.1:%d/" % (SLAPD_PORT + number))
              for number in range(3)]
    daemon = world.Daemon(options.daemon, mode="0666")
    use_policy(daemon, OURS)
    ours = world.Sendmail("ours", 2600, "FEATURE(`mailverdict')")
    stock = gateways.others(" ".join(URIS))["ldap map, -T"]
    postfix = world.Postfix("postfix", {2610: ("n", {
        "relay_recipient_maps": "ldap:" + gateways.ldap_table(" ".join(URIS))})},
                            in_flow_delay="0")
    for server in slapds + [daemon, ours, stock, postfix]:
        server.start()
    return relays[0], daemon, slapds[0].users, {
        OURS: ours.port, HEDGED: ours.port, "sendmail, ldap map, -T": stock.port, "Postfix, ldap:": 2610}


def turn(options, port, people):
    clients = Clients(port, people, options.sessions)
    begun = time.monotonic()
    time.sleep(options.seconds)
    ended = time.monotonic()
    clients.stop()
    return Played(clients.answers, begun, ended, options.seconds)


def in_turns(options):
    """By situation and gateway, what was Played in each turn."""
    relay, daemon, users, ports = start(options)
    unseen, played = itertools.cycle(users), collections.defaultdict(list)
    numbers = itertools.count()
    for _ in range(options.turns):
        for situation in (WELL, LATE):
            relay.delay = options.late if situation == LATE else 0.0
            for name, port in ports.items():
                if name in (OURS, HEDGED):
                    use_policy(daemon, name)
                    daemon.empty_caches()
                played[situation, name].append(turn(
                    options, port, recipients(unseen, "nobody%d." % next(numbers))))
    return played


def tell(played, table, results):
    for (situation, name), turns in played.items():
        cells = ([each.rate for each in turns],) + tuple(
            [1000 * each.wait(part) for each in turns] for part in (0.5, 0.99, 1))
        deferred = sum(each.codes[450] + each.codes[451] for each in turns)
        wrong = sum(each.refused + each.accepted for each in turns)
        table.add("%s: %s" % (situation, name), *cells, 100 * deferred / sum(
            each.answered for each in turns))
        print("  %-18s %-32s %6.0f/s  wait %7.1f %7.1f %7.1f ms  %d later, %d wrong" % (
            (situation, name) + tuple(statistics.median(cell) for cell in cells) + (
                deferred, wrong)), flush=True)
        if name in (OURS, HEDGED):
            results.add("%s: %s: wrong answers" % (situation, name),
                        "%d" % wrong if wrong else None)


def main():
    parser = report.command_line("The waits with one late server of three.", "daemon")
    rows.add_option(parser)
    parser.add_argument("--seconds", metavar="N", type=float, default=5.0, help="a turn")
    parser.add_argument("--turns", metavar="N", type=int, default=3)
    parser.add_argument("--late", metavar="SECONDS", type=float, default=0.3)
    parser.add_argument("--sessions", metavar="N", type=int, default=4)
    options = parser.parse_args()
    world.enter(postfix=True)
    tables, results = rows.Rows(), report.Report("late_server_bench")
    table = tables.table("one of three late", "RCPT/s", "wait ms, median", "wait ms, p99",
                         "wait ms, longest", "later, % of all")
    tell(in_turns(options), table, results)
    results.write(options.xml)
    tables.write(options.json)
    return 1 if results.failed else 0


if __name__ == "__main__":
    sys.exit(main())

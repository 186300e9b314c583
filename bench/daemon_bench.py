#!/usr/bin/python3
"""Answers a second, and the time for one, of mailverdictd's socket map; CPU time and memory.

    bench/daemon_bench.py --daemon FILE --instant FILE --load FILE [--pairs N] [--seconds N]
        [--connections N...] [--addresses N] [--least RATIO] [--json FILE]

mailverdictd with a real slapd, every answer in its cache and its log in a file, in turns with
a socket map server that answers at once (the floor), each asked by the same client: by unix
and TCP, in a closed loop, and in an open one with half and 0.8 of what the floor reached in the
closed one. The ratios are a report, without a bound: what counts is measured through an MTA
(rcpt_bench). The exit status is 1 when slapd was asked again, or a ratio is below --least, which
says that something is badly broken.
"""

import json
import os
import socket
import statistics
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(
    __file__))), "tests/e2e"))
import report   # pylint: disable=wrong-import-position
import rows     # pylint: disable=wrong-import-position
import world    # pylint: disable=wrong-import-position

REPLY = "OK pass"
OURS, FLOOR = "mailverdictd", "the floor"
ADDRESSES = {
    "unix": {OURS: "unix:" + world.DAEMON_SOCKET, FLOOR: "unix:/run/mailverdict/instant"},
    "TCP": {OURS: "inet:127.0.0.1:7770", FLOOR: "inet:127.0.0.1:7771"}}
OPEN_LOOP = (0.5, 0.8)         # of the floor's rate in the closed loop
QUANTILES = ("p50", "p99", "p99.9")
REQUESTS = world.ROOT + "/requests"


class Instant(world.Server):
    """The floor: a process for each transport."""

    def __init__(self, program, transport):
        self._address = ADDRESSES[transport][FLOOR]
        super().__init__("instant-" + transport, [program, self._address])

    def ready(self):
        return is_there(self._address)


def is_there(address):
    kind, where = address.split(":", 1)
    if kind == "unix":
        return world.accepts(socket.AF_UNIX, where)
    host, port = where.rsplit(":", 1)
    return world.accepts(socket.AF_INET, (host, int(port)))


class Daemon(world.Daemon):
    """Ours: what it has been told it keeps for as long as the bench takes."""

    def __init__(self, program):
        super().__init__(program, more='listener { socketmap: "%s" }\nmax_connections: 5000\n'
                         % ADDRESSES["TCP"][OURS])
        world.write(self.policy, self.policy_text.replace('present: "5m"', 'present: "24h"'))


def as_sendmail_asks(users):
    return ["rcpt %s@%s,sender=<ann@elsewhere.example>,client=<192.0.2.1>,id=<6AO4%s>,auth=<>,;"
            % (user, world.DOMAIN, user) for user in users]


def ask_each(requests):
    """Each once, so that all answers are in the cache; all of them have to be right."""
    wanted = b"%d:%s," % (len(REPLY), REPLY.encode())
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(world.DAEMON_SOCKET)
        for request in requests:
            client.sendall(b"%d:%s," % (len(request), request.encode()))
            if client.recv(4096) != wanted:
                raise world.WorldError("a wrong answer to " + request)


def cpu_seconds(pid):
    """In user mode and in the kernel's, of all its threads."""
    with open("/proc/%d/stat" % pid, encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    tick = os.sysconf("SC_CLK_TCK")
    return int(fields[11]) / tick, int(fields[12]) / tick


def resident_kib(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


class Bench:
    """The servers, and what was measured of them."""

    def __init__(self, options):
        self._options = options
        self._slapd = world.Slapd(people=options.addresses, log="stats")
        self._daemon = Daemon(options.daemon)
        self._instant = {each: Instant(options.instant, each) for each in ADDRESSES}
        for server in (self._slapd, self._daemon, *self._instant.values()):
            server.start()
        requests = as_sendmail_asks(self._slapd.users)
        world.write(REQUESTS, "\n".join(requests) + "\n")
        ask_each(requests)
        self._searches = self._slapd.searches()
        self.rows = rows.Rows()
        self.results = report.Report("daemon_bench")

    def run(self):
        self._memory()
        self._tables = {
            "rate": self.rows.table("closed loop", OURS + ", answers/s", FLOOR + ", answers/s",
                                    "of the floor"),
            "closed": self._latency_table("closed loop, latency"),
            "open": self._latency_table("open loop, latency", "offered, requests/s"),
            "cost": self.rows.table("CPU time of an answer", OURS + ", user us", "system us",
                                    FLOOR + ", user us", "system us")}
        for transport in ADDRESSES:
            for connections in self._options.connections:
                self._compare(transport, connections)
        again = self._slapd.searches() - self._searches
        self.results.add("nothing is asked again", "%d searches" % again if again else None)

    def _latency_table(self, name, *columns):
        return self.rows.table(name, *columns, *(
            "%s, %s us" % (way, each) for way in (OURS, FLOOR) for each in QUANTILES))

    def _load(self, address, connections, seconds, rate=None):
        command = [self._options.load, address, REQUESTS, REPLY, str(connections), str(seconds)]
        return json.loads(world.run(command + ([str(rate)] if rate else []), "load"))

    def _process(self, transport, way):
        return (self._daemon if way == OURS else self._instant[transport]).pid

    def _alternate(self, transport, connections, rate=None):
        """By way, each pair's result and what it cost the server."""
        measured = {OURS: [], FLOOR: []}
        for pair in range(self._options.pairs):
            for way in (OURS, FLOOR) if pair % 2 else (FLOOR, OURS):
                pid = self._process(transport, way)
                before = cpu_seconds(pid)
                result = self._load(ADDRESSES[transport][way], connections,
                                    self._options.seconds, rate)
                after = cpu_seconds(pid)
                measured[way].append((result, after[0] - before[0], after[1] - before[1]))
        return measured

    def _compare(self, transport, connections):
        label = "%s, %d" % (transport, connections)
        measured = self._alternate(transport, connections)
        rates = {way: [each[0]["rate"] for each in measured[way]] for way in measured}
        ratios = [ours / floor for ours, floor in zip(rates[OURS], rates[FLOOR])]
        self._tables["rate"].add(label, rates[OURS], rates[FLOOR], ratios)
        self._tables["closed"].add(label, *quantiles(measured))
        self._tables["cost"].add(label, *self._costs(measured))
        ratio, floor = statistics.median(ratios), statistics.median(rates[FLOOR])
        print("%-10s %8.0f/s, floor %8.0f/s, of it %.2f (%.2f to %.2f)" % (
            label, statistics.median(rates[OURS]), floor, ratio, min(ratios), max(ratios)),
              flush=True)
        self.results.add(label + " connections", None if ratio >= self._options.least
                         else "%.2f of the floor" % ratio)
        for part in OPEN_LOOP:
            offered = round(floor * part)
            self._tables["open"].add("%s, %.1f of the floor" % (label, part), offered,
                                     *quantiles(self._alternate(transport, connections, offered)))

    def _costs(self, measured):
        """Microseconds for each answer, the uncounted ones of the warm-up included."""
        for way in (OURS, FLOOR):
            for place in (1, 2):
                # The client asks for so long and 0.2 s more at much the same rate.
                answers = [each[0]["rate"] * (self._options.seconds + 0.2)
                           for each in measured[way]]
                yield 1e6 * sum(each[place] for each in measured[way]) / sum(answers)

    def _memory(self):
        table = self.rows.table("memory", "resident, KiB", "for each more, KiB")
        few, many = min(self._options.connections), max(self._options.connections)
        held = {}
        for connections in (few, many):
            with subprocess.Popen([self._options.load, ADDRESSES["unix"][OURS], REQUESTS, REPLY,
                                   str(connections), "0"], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE) as client:
                if client.stdout.readline() != b"held\n":
                    raise world.WorldError("the connections are not held")
                held[connections] = resident_kib(self._daemon.pid)
        table.add("%d connections" % few, held[few], None)
        table.add("%d connections" % many, held[many],
                  (held[many] - held[few]) / (many - few) if many > few else None)


def quantiles(measured):
    return [statistics.median(each[0][name + "_us"] for each in measured[way])
            for way in (OURS, FLOOR) for name in QUANTILES]


def main():
    parser = report.command_line("The socket map's answers a second.", "daemon", "instant",
                                 "load")
    parser.add_argument("--pairs", metavar="N", type=int, default=7)
    parser.add_argument("--seconds", metavar="N", type=float, default=1.0)
    parser.add_argument("--connections", metavar="N", type=int, nargs="+",
                        default=[1, 8, 64, 512, 4096])
    parser.add_argument("--addresses", metavar="N", type=int, default=10_000,
                        help="that are asked for")
    parser.add_argument("--least", metavar="RATIO", type=float, default=0.1)
    rows.add_option(parser)
    options = parser.parse_args()
    world.enter()
    bench = Bench(options)
    bench.run()
    bench.rows.write(options.json)
    bench.results.write(options.xml)
    print("%d checks, %d wrong" % (len(bench.results), bench.results.failed))
    return 1 if bench.results.failed else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
"""What mailverdict-deliver costs: messages a second by LMTP, and the start of the wrapper.

    bench/local_delivery_bench.py --deliver FILE [--pairs N] [--seconds N] [--least RATIO]
        [--runs N] [--most MS] [--json FILE]

Real Dovecot, asked directly and through the proxy in turns, so that what else the machine
does hits both alike; the medians of the ratios are what counts. Then the same program run
plainly and behind the wrapper, in turns. The exit status is 1 when the proxy's throughput
is below --least of Dovecot's, or the wrapper adds more than --most.
"""

import os
import resource
import socket
import statistics
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(
    __file__))), "tests/e2e"))
import mailbox_host   # pylint: disable=wrong-import-position
import report         # pylint: disable=wrong-import-position
import rows           # pylint: disable=wrong-import-position
import world          # pylint: disable=wrong-import-position

PROXY_PORT = 2425
SESSIONS = 4
BODY = b"Subject: bench\r\n\r\n" + (b"x" * 76 + b"\r\n") * 50


class Client(threading.Thread):
    """Sends messages through one LMTP session until the time is over."""

    def __init__(self, port, user, end):
        super().__init__(daemon=True)
        self.seconds = []      # each message's
        self._end = end
        self._user = user
        self._lmtp = socket.create_connection(("127.0.0.1", port))
        self._replies = self._lmtp.makefile("rb")
        self._reply()
        self._say(b"LHLO client.example\r\n")

    def run(self):
        with self._lmtp:
            while time.monotonic() < self._end:
                begun = time.monotonic()
                self._deliver()
                self.seconds.append(time.monotonic() - begun)

    def _deliver(self):
        self._lmtp.sendall(b"MAIL FROM:<sender@elsewhere.example>\r\nRCPT TO:<%s@%s>\r\n"
                           b"DATA\r\n" % (self._user.encode(), world.DOMAIN.encode()))
        replies = [self._reply() for _ in range(3)]
        replies.append(self._say(BODY + b".\r\n"))
        if [reply[:1] for reply in replies] != [b"2", b"2", b"3", b"2"]:
            raise world.WorldError("LMTP says %r" % replies)

    def _say(self, data):
        self._lmtp.sendall(data)
        return self._reply()

    def _reply(self):
        while True:
            line = self._replies.readline()
            if line[3:4] != b"-":
                return line


def deliver(port, sessions, seconds):
    """(messages a second, seconds for one in the median)"""
    end = time.monotonic() + seconds
    clients = [Client(port, "user%03d" % number, end) for number in range(sessions)]
    begun = time.monotonic()
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    took = [each for client in clients for each in client.seconds]
    return len(took) / (time.monotonic() - begun), statistics.median(took)


def compare(sessions, pairs, seconds, table):
    """Prints a line; returns the ratio of the throughputs."""
    deliver(mailbox_host.LMTP_PORT, sessions, seconds / 2)     # all is warm
    deliver(PROXY_PORT, sessions, seconds / 2)
    direct, ours = [], []
    for number in range(pairs):
        turns = [(mailbox_host.LMTP_PORT, direct), (PROXY_PORT, ours)]
        for port, results in turns if number % 2 else reversed(turns):
            results.append(deliver(port, sessions, seconds))
    ratios = [b[0] / a[0] for a, b in zip(direct, ours)]
    ratio = statistics.median(ratios)
    table.add("%d session%s" % (sessions, "s" if sessions > 1 else ""),
              [each[0] for each in direct], [each[0] for each in ours], ratios,
              [1e3 * (b[1] - a[1]) for a, b in zip(direct, ours)])
    print("%d sessions: Dovecot %.0f messages/s, through the proxy %.0f, ratio %.2f;"
          " a message takes %.2f ms and %.2f ms, %+.2f ms" % (
              (sessions,) + tuple(statistics.median(each[0] for each in results)
                                  for results in (direct, ours)) + (ratio,)
              + tuple(1e3 * statistics.median(each[1] for each in results)
                      for results in (direct, ours))
              + (1e3 * statistics.median(b[1] - a[1] for a, b in zip(direct, ours)),)),
          flush=True)
    return ratio


def run_once(command):
    """(seconds until it has ended, seconds of CPU time) of it and its children"""
    begun = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdin=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (time.perf_counter() - begun,
            after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def wrapper(program, runs, table):
    """Prints what the wrapper adds to /bin/true, and what a shell in its place adds.

    Returns the wrapper's milliseconds.
    """
    commands = {"/bin/true": ["/bin/true"], "a shell": ["/bin/sh", "-c", "/bin/true; :"],
                "the wrapper": [program, "--recipient", "user000@" + world.DOMAIN, "--",
                                "/bin/true"]}
    took = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            took[name].append(run_once(command))
    plain = took.pop("/bin/true")
    table.add("/bin/true by itself", *(statistics.median(1e3 * each[column] for each in plain)
                                       for column in (0, 1)))
    for name, each_run in took.items():
        more = [[1e3 * (b[column] - a[column]) for a, b in zip(plain, each_run)]
                for column in (0, 1)]
        table.add(name + " adds", *(statistics.median(each) for each in more))
        print("%s adds %.2f ms, %.2f ms of CPU time, to /bin/true's %.2f ms and %.2f ms" % (
            (name,) + tuple(statistics.median(each) for each in more)
            + tuple(1e3 * statistics.median(each[column] for each in plain)
                    for column in (0, 1))), flush=True)
    return statistics.median(more[0])


def main():
    parser = report.command_line("What mailverdict-deliver costs.", "deliver")
    rows.add_option(parser)
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--least", type=float, default=0.9)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--most", metavar="MS", type=float, default=5.0)
    options = parser.parse_args()
    world.enter()
    mailbox_host.furnish()
    program = options.deliver
    for server in (mailbox_host.Directory(), mailbox_host.Dovecot(), mailbox_host.Deliver(
            "proxy", program, "--lmtp", "inet:127.0.0.1:%d" % PROXY_PORT, "--backend",
            "inet:127.0.0.1:%d" % mailbox_host.LMTP_PORT)):
        server.start()
    results = report.Report("local_delivery_bench")
    tables = rows.Rows()
    table = tables.table("LMTP", "Dovecot, messages/s", "through the proxy", "ratio",
                         "added to a message, ms")
    for sessions in (1, SESSIONS):
        ratio = compare(sessions, options.pairs, options.seconds, table)
        results.add("throughput of %d sessions" % sessions, None if ratio >= options.least
                    else "%.2f of Dovecot's, not %.2f" % (ratio, options.least))
    added = wrapper(program, options.runs, tables.table("the wrapper", "ms", "CPU ms"))
    tables.write(options.json)
    results.add("start of the wrapper", None if added <= options.most else
                "%.1f ms, not %.1f" % (added, options.most))
    results.write(options.xml)
    return 1 if results.failed else 0


if __name__ == "__main__":
    sys.exit(main())

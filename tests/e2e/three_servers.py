"""A directory of three servers behind mailverdictd, asked through sendmail and Postfix.

What the tests of it share: the MTAs, the daemon, and the two tables of the full drill. In
the one the first of three servers is in a state, and all is to be as if it were well. In the
other all three are, and nobody who exists may be refused.
"""

import collections
import itertools
import os
import subprocess
import time

import drill
import report
import world
from daemon_test import mail

ADMIN_SOCKET = "/run/mailverdict/admin"
HISTORY = world.ROOT + "/history/file"
SENDMAIL_PORT, POSTFIX_PORT = 2525, 2530
MTAS = ("sendmail", "Postfix")
CELLS = [(mta, exists) for mta in range(len(MTAS)) for exists in (True, False)]
PATIENCE = 4.5                 # the policy's deadline, and some
KNOWN = 0.5                    # once a server is known to be broken; a shared machine
HEALED_WITHIN = 5.0

COLUMNS = ["the first"] + ["%s: %s" % (MTAS[mta], "existing" if exists else "missing")
                           for mta, exists in CELLS] + ["healed after"]


class Server(collections.namedtuple("Server", "slapd relay uri")):
    """One of the three: a slapd, a relay, and what the policy calls it."""


class Fault(collections.namedtuple("Fault", "name begin end why half answers limit")):
    """A state that a Server is brought into by begin(server), and out of by end(server).

    why: what `mailverdict status` says of it; None when it cannot know.
    half: some of the people are still shown.
    answers: what may be said while all servers are in it, beside "later". To somebody who
        does not exist 250 is never right, to somebody who does 550 is not.
    limit: how long a reply may take while one server is in it, in seconds; the first may
        wait longer.
    """

    def __new__(cls, name, begin, end, why="", half=False, answers=(), limit=KNOWN):
        return super().__new__(cls, name, begin, end, why, half, answers, limit)


class ThreeServers(report.Suite):
    """The servers, asked through both MTAs; each person is asked for once: no cache."""

    def __init__(self, suite, options, servers, existing, still_there, more=""):
        """`existing` people, of whom a half-loaded server has none, and others it has.

        `more`: lines that the policy's directory has besides.
        """
        super().__init__(suite)
        self._command = options.command
        self.servers = servers
        self.existing, self.still_there = existing, still_there
        self.missing = ("nobody%d" % number for number in itertools.count())
        self.daemon = world.Daemon(options.daemon, mode="0666", more=(
            'listener { admin: "unix:%s" mode: "0600" }\nhistory { file: "%s" }\n' % (
                ADMIN_SOCKET, HISTORY)))
        self.daemon.policy_text = self.daemon.policy_text.replace(
            "  base: ", more + "  base: ")
        self.use_servers([server.uri for server in servers])
        os.makedirs(os.path.dirname(HISTORY))
        status = os.stat(os.path.dirname(world.DAEMON_SOCKET))
        os.chown(os.path.dirname(HISTORY), status.st_uid, status.st_gid)
        self._mtas = [
            world.Sendmail("sendmail", SENDMAIL_PORT, "FEATURE(`mailverdict')dnl"),
            world.Postfix("postfix", {POSTFIX_PORT: ("n", {
                "relay_recipient_maps":
                    "socketmap:unix:%s:postfix" % world.DAEMON_SOCKET})})]

    def start(self):
        for server in self.servers:
            server.slapd.start()
        for each in [self.daemon] + self._mtas:
            each.start()
        # Open through it all.
        self.sessions = [world.SmtpSession(SENDMAIL_PORT), world.SmtpSession(POSTFIX_PORT)]
        # The first question of a session pays for its greeting, and is not measured.
        for mta in range(len(MTAS)):
            self.ask(False, mta)

    def use_servers(self, uris):
        """Writes the policy with these; it is read at a start or a reload."""
        text = [line for line in self.daemon.policy_text.splitlines(True)
                if not line.startswith("  uri: ")]
        at = next(n for n, line in enumerate(text) if line.startswith("  base: "))
        self.daemon.policy_text = "".join(
            text[:at] + ['  uri: "%s"\n' % uri for uri in uris] + text[at:])
        world.write(self.daemon.policy, self.daemon.policy_text)

    def command(self, *words):
        done = subprocess.run([self._command] + list(words), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, universal_newlines=True, timeout=70)
        return done.returncode, done.stdout

    def failing(self, why=""):
        """How many servers `status` says are failing, for a reason with these words."""
        return sum(" FAILS since " in line and why in line
                   for line in self.command("status")[1].splitlines())

    def wait_for_failing(self, number, why=""):
        """Whether `status` comes to tell of so many, within what a server may take."""
        end = time.monotonic() + PATIENCE
        while self.failing(why) != number:
            if time.monotonic() > end:
                print(self.command("status")[1])
                return False
            time.sleep(0.05)
        return True

    def ask(self, exists, mta=0):
        who = next(self.existing) if exists else next(self.missing)
        return self.sessions[mta].ask(mail(who))

    # ---- one of three ----

    def right(self, name, limit=KNOWN):
        """By each MTA, one who exists and one who does not: as if nothing were wrong."""
        replies = []
        for mta, exists in CELLS:
            reply = self.ask(exists, mta)
            self.judge(name, mta, exists, (250,) if exists else (550,), reply)
            self.within(name, limit, reply.seconds)
            replies.append(reply)
        return replies

    def judge(self, name, mta, exists, codes, reply):
        self.check("%s: %s, %s" % (name, "existing" if exists else "missing", MTAS[mta]),
                   lambda code: code in codes, reply.code, reply.seconds)
        if reply.code in (250, 550):
            self.check("%s: the enhanced status" % name,
                       "2.1.5" if reply.code == 250 else "5.1.1", reply.enhanced)

    def one_of_three(self, faults, number=0):
        """One server is in each of these states, the others are well."""
        server = self.servers[number]
        self.head("server %d of three" % (number + 1))
        for fault in faults:
            name = "%s, server %d" % (fault.name, number + 1)
            fault.begin(server)
            first = self.ask(True)                     # it may have to wait
            self.check(name + ": the first", 250, first.code, first.seconds)
            self.within(name + ": the first", PATIENCE, first.seconds)
            if fault.why is not None:
                self.check(name + ": status tells", True, self.wait_for_failing(1, fault.why))
            replies = self.right(name, fault.limit)
            fault.end(server)
            begun = time.monotonic()
            self.check(name + ", healed: status tells", True, self.wait_for_failing(0))
            self.row(fault.name, [first] + replies, time.monotonic() - begun)

    # ---- all of three ----

    def all_of_three(self, faults):
        """All servers are in each of these states."""
        self.head("all three servers")
        for fault in faults:
            name = fault.name + ", all"
            for server in self.servers:
                fault.begin(server)
            first = self.ask(True)
            self.deferred(name, fault, 0, True, first)
            if fault.half:
                # mailverdictd tries to connect twice a second; before that nobody is shown.
                self.check(name + ": all are reached", True, self.wait_for_failing(3, fault.why))
            replies = []
            for mta, exists in CELLS:
                replies.append(self.ask(exists, mta))
                self.deferred(name, fault, mta, exists, replies[-1])
                if fault.half and exists:
                    self.check(name + ": who is still shown", 250,
                               self.sessions[mta].ask(mail(next(self.still_there))).code)
            if fault.why is not None and not fault.answers:
                self.check(name + ": status tells", True, self.wait_for_failing(3, fault.why))
            for server in self.servers:
                fault.end(server)
            self.row(fault.name, [first] + replies, self.heals(name))

    def deferred(self, name, fault, mta, exists, reply):
        right = 250 if exists else 550
        self.judge(name, mta, exists,
                   (450, 451) + ((right,) if right in fault.answers else ()), reply)
        self.within(name, PATIENCE, reply.seconds)

    def heals(self, name, within=HEALED_WITHIN):
        """In the sessions that saw the outage, and never with a 5xx for who exists.

        Returns how long it took, in seconds.
        """
        begun = time.monotonic()
        while True:
            exists, missing = self.ask(True), self.ask(False)
            self.check(name + ", healing: existing", lambda code: code in (250, 451),
                       exists.code, exists.seconds)
            if missing.code == 550 or time.monotonic() - begun > within:
                break
            time.sleep(0.1)
        took = time.monotonic() - begun
        self.within(name + ", healed", within, took)
        for mta, exists in CELLS:
            self.judge(name + ", healed", mta, exists, (250,) if exists else (550,),
                       self.ask(exists, mta))
        return took

    # ---- showing ----

    @staticmethod
    def head(title):
        drill.show("", drill.aligned(title, COLUMNS))

    @staticmethod
    def row(name, replies, healed_after):
        drill.show(drill.aligned("  " + name, [str(reply) for reply in replies] + [
            "%.2fs" % healed_after]))


def main(suite, description):
    """Runs the parts of a ThreeServers, all or those named; returns the exit status."""
    parser = report.command_line(description, "daemon", "command")
    parser.add_argument("--parts", metavar="NAME", nargs="*", default=[])
    options = parser.parse_args()
    world.enter(postfix=True)
    test = suite(options)
    test.start()
    print("reply and seconds; \"the first\" is asked when the fault is new")
    test.play(*[part for part in test.parts()
                if not options.parts or part.__name__ in options.parts])
    return test.finish(options.xml, world.tail(test.daemon.log, 60))

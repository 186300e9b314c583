#!/usr/bin/python3
"""A directory of three servers, each with its faults, and what an operator may do.

    tests/e2e/servers_test.py --daemon FILE --command FILE [--xml FILE]

Real sendmail and Postfix, three real slapds, a relay before each that breaks the conversation where
slapd itself cannot be brought to. While one of three is broken, all is as if it were not:
who exists passes, who does not is refused, nobody waits once that is known. While all of
them are, nobody is refused. Then the command mailverdict, and the history on disk.
"""

import argparse
import collections
import os
import re
import socket
import subprocess
import sys
import threading
import time

import report
import world
from daemon_test import Client, PASS, REJECT, mail, rcpt_key

FIRST_PORT, SLAPD_PORT, MTA_PORT = 3900, 3910, 2525
CONTROL_SOCKET = "/run/mailverdict/control"
HISTORY = world.ROOT + "/history/file"
POSTFIX_PORT = 2530
MTAS = ("sendmail", "Postfix")
CELLS = [(exists, mta) for mta in range(len(MTAS)) for exists in (True, False)]
PEOPLE = 600
PATIENCE = 4.5                 # the policy's deadline, and some
KNOWN = 0.5                    # once a server is known to be broken; a shared machine
HEALED_WITHIN = 5.0
CODES = {"busy": 51, "unavailable": 52, "unwilling": 53, "timeLimit": 3, "sizeLimit": 4,
         "adminLimit": 11, "referral": 10, "operationsError": 1, "bind wrong": None}


class Relay(threading.Thread):
    """A TCP relay to one slapd, which can be told to misbehave.

    Modes: pass; silent (accepts, never answers); close (accepts and closes); cut (closes
    within the answer to a search); a result code, which every search gets; "bind wrong".
    """

    def __init__(self, port, to):
        super().__init__(daemon=True)
        self.mode = "pass"
        self._to = to
        self._open = []
        self._listener = socket.create_server(("127.0.0.1", port), backlog=512)
        self.start()

    def become(self, mode):
        """New connections find it so; those that are open are closed, or silent."""
        self.mode = mode
        if mode != "silent":
            for each in self._open:
                try:
                    each.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        self._open = [] if mode != "silent" else self._open

    def run(self):
        while True:
            client = self._listener.accept()[0]
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.mode == "close":
                client.close()
                continue
            self._open.append(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            if self.mode in CODES:
                self._answer_all(client, CODES[self.mode])
            elif self.mode == "silent":
                threading.Event().wait()
            else:
                self._relay(client)
        except OSError:
            pass
        client.close()

    def _relay(self, client):
        with socket.create_connection(("127.0.0.1", self._to)) as server:
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._copy, args=(client, server), daemon=True).start()
            answered = 0
            while True:
                data = server.recv(65536)
                while self.mode == "silent":
                    time.sleep(0.05)
                if not data:
                    return
                answered += 1
                if self.mode == "cut" and answered > 1:      # the bind is the first
                    client.sendall(data[:len(data) // 2])
                    return
                client.sendall(data)

    @staticmethod
    def _copy(source, target):
        try:
            while True:
                data = source.recv(65536)
                if not data:
                    break
                target.sendall(data)
        except OSError:
            pass
        try:
            target.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    @staticmethod
    def _answer_all(client, code):
        """LDAP (RFC 4511) as far as it takes: a result for each message."""
        unread = b""
        while True:
            data = client.recv(65536)
            if not data:
                return
            unread += data
            while len(unread) > 2:
                length, head = unread[1], 2
                if length & 0x80:
                    head += length & 0x7f
                    length = int.from_bytes(unread[2:head], "big")
                if len(unread) < head + length:
                    break
                message, unread = unread[head:head + length], unread[head + length:]
                number = message[:2 + message[1]]
                operation = message[len(number)]
                result = {0x60: 0x61, 0x63: 0x65}.get(operation)
                if result is None:                            # unbind
                    return
                if operation == 0x60:
                    value = 49 if code is None else 0         # invalidCredentials
                else:
                    value = code
                body = bytes([0x0a, 1, value]) + b"\x04\x00\x04\x00"
                if value == 10:
                    uri = b"ldap://127.0.0.1:1/"
                    body += bytes([0xa3, len(uri) + 2, 0x04, len(uri)]) + uri
                answer = number + bytes([result, len(body)]) + body
                client.sendall(bytes([0x30, len(answer)]) + answer)


class Fault(collections.namedtuple("Fault", "name begin end")):
    """What happens to one server: a slapd and its relay."""


def relayed(name):
    return Fault(name, lambda slapd, relay: relay.become(name),
                 lambda slapd, relay: relay.become("pass"))


def changed(name, change):
    return Fault(name, lambda slapd, relay: change(slapd),
                 lambda slapd, relay: slapd.make_complete())


FAULTS = [
    Fault("stopped", lambda slapd, relay: slapd.stop(), lambda slapd, relay: slapd.start()),
    Fault("hung", lambda slapd, relay: slapd.pause(), lambda slapd, relay: slapd.resume()),
    changed("empty", lambda slapd: slapd.make_empty()),
    changed("base missing", lambda slapd: slapd.make_baseless()),
    changed("half-loaded, no control", lambda slapd: slapd.make_half_loaded(False)),
    changed("hides all", lambda slapd: slapd.hide_all()),
] + [relayed(name) for name in ("silent", "close", "cut")] + [
    relayed(name) for name in CODES]


class ServersTest(report.Suite):
    """The servers, and the results."""

    def __init__(self, options):
        super().__init__("servers")
        self._command = options.command
        self.slapds = [world.Slapd(PEOPLE, name="slapd%d" % number, uri="ldap://127.0.0.1:%d/" % (
            SLAPD_PORT + number)) for number in range(3)]
        self.relays = [Relay(FIRST_PORT + number, SLAPD_PORT + number)
                       for number in range(3)]
        self.users = iter(self.slapds[0].users)      # each is asked for once: no cache
        self.daemon = world.Daemon(options.daemon, more=(
            'listener { control: "unix:%s" mode: "0600" }\nhistory { file: "%s" }\n' % (
                CONTROL_SOCKET, HISTORY)))
        self.use_servers(["ldap://127.0.0.1:%d" % (FIRST_PORT + n) for n in range(3)])
        os.makedirs(os.path.dirname(HISTORY))
        os.chown(os.path.dirname(HISTORY), *self._owner())
        self.mta = world.Sendmail("sendmail", MTA_PORT, "FEATURE(`mailverdict')dnl")
        self.postfix = world.Postfix("postfix", {POSTFIX_PORT: ("n", {
            "relay_recipient_maps": "socketmap:unix:%s:postfix" % world.DAEMON_SOCKET})})
        for server in self.slapds + [self.daemon, self.mta, self.postfix]:
            server.start()
        self._fresh = iter(range(10 ** 6))
        self.session = world.SmtpSession(MTA_PORT)
        self.sessions = [self.session, world.SmtpSession(POSTFIX_PORT)]

    @staticmethod
    def _owner():
        status = os.stat("/run/mailverdict")
        return status.st_uid, status.st_gid

    def use_servers(self, uris):
        lines = "".join('  uri: "%s"\n' % uri for uri in uris)
        text = [line for line in self.daemon.policy_text.splitlines(True)
                if not line.startswith("  uri: ")]
        at = next(n for n, line in enumerate(text) if line.startswith("  base: "))
        text.insert(at, lines)
        # For Postfix's user, too.
        self.daemon.policy_text = "".join(text).replace("0660", "0666")
        world.write(self.daemon.policy, self.daemon.policy_text)

    def command(self, *words):
        done = subprocess.run([self._command] + list(words), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, universal_newlines=True, timeout=70)
        return done.returncode, done.stdout

    # ---- one of three, all of three ----

    def ask(self, exists, mta=0):
        who = next(self.users) if exists else "nobody%d" % next(self._fresh)
        return self.sessions[mta].ask(mail(who))

    def right(self, name, limit):
        """By each MTA, one who exists and one who does not: as if nothing were wrong."""
        for exists, mta in CELLS:
            reply = self.ask(exists, mta)
            self.check("%s: %s, %s" % (name, "existing" if exists else "unknown", MTAS[mta]),
                       (250, "2.1.5") if exists else (550, "5.1.1"),
                       (reply.code, reply.enhanced), reply.seconds)
            self.within(name, limit, reply.seconds)

    def one_of_three(self):
        self.right("all well", KNOWN)
        for number in (0, 1):
            for fault in FAULTS:
                name = "%s, server %d" % (fault.name, number + 1)
                fault.begin(self.slapds[number], self.relays[number])
                reply = self.ask(True)                 # the first one may have to wait
                self.check(name + ": the first", 250, reply.code, reply.seconds)
                self.within(name + ": the first", PATIENCE, reply.seconds)
                if reply.seconds > KNOWN:
                    print("    %s: the first waited %.2f s" % (name, reply.seconds))
                self.right(name, KNOWN)
                fault.end(self.slapds[number], self.relays[number])
                if number == 1:
                    break                              # the second is not asked: one will do

    def all_of_three(self):
        for fault in FAULTS:
            for slapd, relay in zip(self.slapds, self.relays):
                fault.begin(slapd, relay)
            for exists, mta in CELLS:
                reply = self.ask(exists, mta)
                # The half that a replica has is there.
                right = (2, 4) if exists and "half" in fault.name else (4,)
                self.check("%s, all: %s, %s" % (
                    fault.name, "existing" if exists else "unknown", MTAS[mta]),
                           lambda got, right=right: got in right, reply.code // 100,
                           reply.seconds)
                self.within("%s, all" % fault.name, PATIENCE, reply.seconds)
            end = time.monotonic() + PATIENCE         # the last was asked just now
            while self.failing() < 3 and time.monotonic() < end:
                time.sleep(0.05)
            self.check("%s, all: status tells" % fault.name, 3, self.failing())
            for slapd, relay in zip(self.slapds, self.relays):
                fault.end(slapd, relay)
            self.heals(fault.name)

    def failing(self):
        return self.command("status")[1].count(" FAILS since ")

    def heals(self, name):
        """In the session that saw the outage, and never with a 5xx for who exists."""
        begun = time.monotonic()
        while True:
            reply = self.ask(False)
            if reply.code == 550 or time.monotonic() - begun > HEALED_WITHIN:
                break
            time.sleep(0.1)
        self.check("%s, all, healed: unknown" % name, 550, reply.code)
        self.within("%s, all, healed" % name, HEALED_WITHIN, time.monotonic() - begun)
        for exists, mta in CELLS:
            self.check("%s, all, healed: %s, %s" % (
                name, "existing" if exists else "unknown", MTAS[mta]),
                       250 if exists else 550, self.ask(exists, mta).code)

    def black_hole(self):
        """SYNs to the first server are dropped."""
        hole = socket.create_server(("127.0.0.1", FIRST_PORT + 9), backlog=0)
        fill = []                                      # its queue, which nobody empties
        for _ in range(4):
            fill.append(socket.socket())
            fill[-1].setblocking(False)
            fill[-1].connect_ex(hole.getsockname())
        self.use_servers(["ldap://127.0.0.1:%d" % port for port in (
            FIRST_PORT + 9, FIRST_PORT)])
        self.daemon.reload()
        reply = self.ask(True)
        self.check("black hole: the first", 250, reply.code, reply.seconds)
        self.within("black hole: the first", PATIENCE, reply.seconds)
        self.right("black hole", KNOWN)
        self.use_servers(["ldap://127.0.0.1:%d" % (FIRST_PORT + n) for n in range(3)])
        self.daemon.reload()
        for each in fill + [hole]:
            each.close()

    # ---- all at once ----

    def learnt_once(self):
        """During an outage the first may wait for the deadline, the others do not."""
        for slapd in self.slapds:
            slapd.pause()
        self.within("the first of an outage", PATIENCE, self.ask(True).seconds)
        time.sleep(0.1)                                # its line is in the log
        said = os.path.getsize(self.daemon.log)
        codes = collections.Counter()

        def session():
            for _ in range(20):
                with world.SmtpSession(MTA_PORT) as smtp:
                    codes[smtp.ask(mail("nobody")).code] += 1
        self.at_once([session] * 10)
        self.check("200 sessions are deferred", {451: 200}, dict(codes))
        with open(self.daemon.log) as log:
            log.seek(said)
            took = [int(line.rsplit(None, 1)[1][:-2]) for line in log
                    if line.endswith("us\n")]
        print("    %d verdicts, the slowest took %.1f ms" % (len(took), max(took) / 1000))
        self.check("each within 50 ms", (200, True), (len(took), max(took) < 50000))
        for slapd in self.slapds:
            slapd.resume()
        self.heals("outage of 200 sessions")

    @staticmethod
    def at_once(works):
        threads = [threading.Thread(target=work) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def race(self):
        """Healed at every moment while questions are under way: nobody is refused."""
        codes = collections.Counter()
        faults = [fault for fault in FAULTS if fault.name in (
            "stopped", "hung", "silent", "close", "cut", "busy", "hides all")]

        def session(users, after):
            time.sleep(after)
            with world.SmtpSession(MTA_PORT) as smtp:
                for user in users:              # never seen before, so no memory helps
                    codes[smtp.ask(mail(user)).code] += 1
        for fault in faults:
            for step in range(4):
                self.at_once([lambda s=s, r=r: fault.begin(s, r)
                              for s, r in zip(self.slapds, self.relays)])
                users = [[next(self.users) for _ in range(3)] for _ in range(4)]
                asking = [threading.Thread(target=session, args=(each, 0.02 * number))
                          for number, each in enumerate(users)]
                for thread in asking:
                    thread.start()
                time.sleep(0.025 * step)
                self.at_once([lambda s=s, r=r: fault.end(s, r)
                              for s, r in zip(self.slapds, self.relays)])
                for thread in asking:
                    thread.join()
        print("    %s" % dict(codes), flush=True)
        self.check("some are deferred, some pass, none is refused", {250, 451}, set(codes))

    # ---- the operator ----

    def operator(self):
        user = next(self.users)
        code, text = self.command("explain", mail(user))
        self.check("explain", (0, True), (code, text.startswith("pass")))
        code, text = self.command("explain", mail("nobody"))
        self.check("explain shows the proof",
                   (0, True), (code, "reject" in text and "control" in text))
        for mode, right in (("defer-all", b"OK defer"), ("pass-all", PASS)):
            self.check("hold " + mode, (0, "done\n"), self.command("hold", mode))
            with Client() as client:
                for who in (user, "nobody"):
                    self.check("hold %s: %s" % (mode, who),
                               lambda reply, start=right: reply.startswith(start),
                               client.rcpt(who))
            self.check("status tells of it", lambda reply, m=mode: "hold %s SINCE" % m in reply,
                       self.command("status")[1])
        self.check("hold off", 0, self.command("hold", "off")[0])
        with Client() as client:
            self.check("off: unknown", REJECT, client.rcpt("nobody"))
            self.check("a map's listener takes no orders", lambda reply: reply[:2] != b"OK",
                       client.ask("hold", "pass-all"))
        self.check("status tells how long it is up", True,
                   re.match(r"mailverdictd \S+ up (\dm)?\d+s, ", self.command("status")[1])
                   is not None)
        self.overrides()
        self.check("a wrong word", 1, self.command("hold", "on")[0])
        self.check("a wrong command", 64, self.command("explode", "x")[0])
        self.check("nobody there", 69, self.command(
            "--socket", "unix:/run/mailverdict/none", "status")[0])
        for line in ("operator: hold defer-all", "operator: hold off"):
            self.check("the log has it: " + line, True,
                       line in world.tail(self.daemon.log, 200))

    def overrides(self):
        """What the policy says of grace and hold, set by command: shown, logged, taken back."""
        def limits():
            return re.search("  (grace .*)\n", self.command("status")[1]).group(1)
        policy = limits()
        self.check("the policy's", "grace 72h, vanished 5/10m", policy)
        for order in (("grace", "people", "96h"), ("vanished", "people", "20/1h")):
            self.check(" ".join(order), (0, "done\n"), self.command(*order))
            self.check("the log has %s" % order[0], True,
                       "operator: %s (policy: " % " ".join(order)
                       in world.tail(self.daemon.log, 20))
        self.check("status has both", "grace 96h SET BY AN OPERATOR (policy: 72h), "
                   "vanished 20/1h SET BY AN OPERATOR (policy: 5/10m)", limits())
        for name in ("grace", "vanished"):
            self.check("%s policy" % name, 0, self.command(name, "people", "policy")[0])
        self.check("taken back", policy, limits())
        self.command("grace", "people", "96h")
        self.daemon.reload()
        self.check("the policy read again", policy, limits())
        for wrong, said in ((("grace", "people", "3d"), "days as hours"),
                            (("grace", "people", "-1h"), "is negative"),
                            (("vanished", "people", "64/10m"), "write 1 to 63"),
                            (("vanished", "people", "0/10m"), "write 1 to 63"),
                            (("vanished", "people", "5"), "as in \"5/10m\""),
                            (("grace", "none", "24h"), "no directory none"),
                            (("vanished", "none", "policy"), "no directory none")):
            code, text = self.command(*wrong)
            self.check("refused: " + " ".join(wrong), (1, True), (code, said in text))
        self.check("half an order", 64, self.command("grace", "people")[0])
        self.check("nothing of that stays", policy, limits())

    def online_check(self):
        """mailverdictd --check --online: every control on every server."""
        def check():
            done = subprocess.run(self.daemon.command + ["--check", "--online"], timeout=60,
                                  stdout=subprocess.PIPE, universal_newlines=True)
            return done.returncode, done.stdout
        code, text = check()
        self.check("all are well", (0, 3), (code, text.count(" is well: it shows control@")))
        self.slapds[0].make_half_loaded(False)
        self.slapds[1].stop()
        self.relays[2].become("busy")
        code, text = check()
        self.check("none is", (69, 3), (code, text.count(" FAILS: ")))
        print("".join("    %s\n" % line for line in text.splitlines()), end="", flush=True)
        self.slapds[1].start()
        self.slapds[0].make_complete()
        self.relays[2].become("pass")

    # ---- the memory ----

    def memory_on_disk(self):
        """Who was seen is remembered over kill -9, and doubted when gone."""
        user = self.slapds[0].vanishing()[0]
        with Client() as client:
            self.check("seen", PASS, client.rcpt(user))
        time.sleep(0.5)                                # it is committed within 0.1 s
        self.daemon.kill()
        self.daemon.start()
        for slapd in self.slapds:
            slapd.make_half_loaded(True)
        with Client() as client:
            self.check("after kill -9, vanished: " + user,
                       lambda reply: reply.startswith(b"OK defer"), client.rcpt(user))
            self.check("who never was is refused", REJECT, client.ask(
                "rcpt", rcpt_key(mail("never"))))

    def memory_out_of_reach(self):
        """A history that cannot be opened: told, with its path, instead of forgotten."""
        policy = world.ROOT + "/no-history.txtpb"
        world.write(policy, self.daemon.policy_text.replace(HISTORY, "/nowhere/history")
                    .replace("/run/mailverdict/", "/run/mailverdict/other-"))
        done = subprocess.run([self.daemon.program, "--policy", policy], timeout=30,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              universal_newlines=True)
        self.check("it does not start", (78, True), (
            done.returncode, "/nowhere/history" in done.stdout))

    def many_vanish(self):
        """Too many of those that were seen are missing: nobody is refused any more."""
        for slapd in self.slapds:
            slapd.make_complete()
        self.daemon.reload()
        gone = self.slapds[0].vanishing()[-40:]
        with Client() as client:
            seen = [client.rcpt(user) for user in gone]
            self.check("all are there", {PASS}, set(seen))
            for slapd in self.slapds:
                slapd.make_half_loaded(True)
            self.daemon.reload()
            replies = [client.rcpt(user) for user in gone]
            self.check("none of them is refused", set(),
                       {reply for reply in replies if not reply.startswith(b"OK defer")})
            self.check("nor is anybody else", lambda reply: reply.startswith(b"OK defer"),
                       client.rcpt("stranger1"))
            self.check("status tells of it", lambda text: "HELD" in text,
                       self.command("status")[1])
            self.command("vanished", "people", "63/10m")
            self.check("when so many may vanish, strangers are refused", REJECT,
                       client.rcpt("stranger3"))
            self.check("nobody is held", lambda text: "HELD" not in text,
                       self.command("status")[1])
            self.command("vanished", "people", "policy")
            self.check("by the policy they are not", lambda reply: reply.startswith(b"OK defer"),
                       client.rcpt("stranger4"))
            self.check("release", 0, self.command("release", "people")[0])
            self.check("then strangers are refused", REJECT, client.rcpt("stranger2"))
            self.check("and who has vanished is doubted for his grace period",
                       lambda reply: reply.startswith(b"OK defer"), client.rcpt(gone[0]))
            self.command("grace", "people", "0s")
            self.check("but not without one", REJECT, client.rcpt(gone[1]))
            self.daemon.reload()
            self.check("until the policy is read again",
                       lambda reply: reply.startswith(b"OK defer"), client.rcpt(gone[0]))
        self.check("release of what is not there", 1, self.command("release", "none")[0])


    # ---- restarts ----

    def restarts(self):
        """Restarted under load, its socket held by a manager, as systemd does it.

        A session whose connection is cut hears 451 once, and never loses the map.
        """
        for slapd in self.slapds:
            slapd.make_complete()
        self.daemon.stop()
        held = socket.socket(socket.AF_UNIX)
        held.bind(world.DAEMON_SOCKET)
        held.listen(4096)
        os.chmod(world.DAEMON_SOCKET, 0o666)
        # All from 3 up to this one; those in between are not open there.
        self.daemon.command = [
            "/bin/sh", "-c", "LISTEN_FDS=%d LISTEN_PID=$$ exec \"$@\"" % (
                held.fileno() - 2), "sh"] + self.daemon.command
        self.daemon.pass_fds = (held.fileno(),)
        self.daemon.start()
        stop, heard = threading.Event(), [collections.Counter() for _ in range(20)]

        def load(counts):
            with world.SmtpSession(MTA_PORT) as session:
                while not stop.is_set():
                    for exists in (True, False):
                        who = self.slapds[0].users[0] if exists else "nobody"
                        reply = session.ask(mail(who))
                        counts[(exists, reply.code)] += 1
        threads = [threading.Thread(target=load, args=(counts,)) for counts in heard]
        for thread in threads:
            thread.start()
        restarts = 5
        for _ in range(restarts):
            time.sleep(0.3)
            self.daemon.stop()
            self.daemon.start()
        time.sleep(0.5)
        before = [sum(counts.values()) for counts in heard]
        late = [sum(count for (_, code), count in counts.items() if code == 451)
                for counts in heard]
        time.sleep(0.5)
        stop.set()
        for thread in threads:
            thread.join()
        total = sum(heard, collections.Counter())
        print("    %s" % dict(total), flush=True)
        self.check("who exists is never refused", {250, 451},
                   {code for exists, code in total if exists} | {451})
        self.check("who does not is refused or deferred", set(),
                   {code for exists, code in total if not exists} - {550, 451})
        self.check("a session is deferred once for each restart at most",
                   lambda most: most <= restarts, max(late))
        self.check("every session is right again at the end", 0, sum(
            sum(counts.values()) == count for counts, count in zip(heard, before)) + sum(
                sum(count for (_, code), count in counts.items() if code == 451) - past
                for counts, past in zip(heard, late)))
        self.daemon.stop()
        self.check("the socket stays", True, os.path.exists(world.DAEMON_SOCKET))
        held.close()


def main():
    parser = argparse.ArgumentParser(description="Three directory servers and an operator.")
    parser.add_argument("--daemon", metavar="FILE", required=True)
    parser.add_argument("--command", metavar="FILE", required=True)
    parser.add_argument("--parts", metavar="NAME", nargs="*", default=[])
    parser.add_argument("--xml", metavar="FILE", default=report.output_path())
    options = parser.parse_args()
    options.daemon = os.path.abspath(options.daemon)
    options.command = os.path.abspath(options.command)
    world.enter(postfix=True)
    test = ServersTest(options)
    test.play(*[part for part in (
        test.one_of_three, test.all_of_three, test.black_hole, test.learnt_once, test.race,
        test.operator, test.online_check,
        test.memory_on_disk, test.memory_out_of_reach, test.many_vanish, test.restarts)
                if not options.parts or part.__name__ in options.parts])
    return test.finish(options.xml, world.tail(test.daemon.log, 60))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except world.WorldError as error:
        sys.exit("The test broke off: %s" % error)

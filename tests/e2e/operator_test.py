#!/usr/bin/python3
"""What an operator may do, what is remembered on disk, and restarts.

    tests/e2e/operator_test.py --daemon FILE --command FILE [--parts NAME...] [--xml FILE]

Three slapds, a relay before each, real sendmail; see three_servers.py.
"""

import collections
import os
import re
import socket
import subprocess
import sys
import threading
import time

import report
import three_servers
import world
from daemon_test import Client, PASS, REJECT, mail, rcpt_key
from ldap_relay import Relay
from three_servers import HISTORY, SENDMAIL_PORT, Server

RELAY_PORT, SLAPD_PORT = 3900, 3910
PEOPLE = 240


class OperatorTest(three_servers.ThreeServers):
    """The command mailverdict, the history, a socket that stays."""

    def __init__(self, options):
        slapds = [world.Slapd(PEOPLE, "slapd%d" % number, "ldap://127.0.0.1:%d/" % (
            SLAPD_PORT + number)) for number in range(3)]
        servers = [Server(slapd, Relay(RELAY_PORT + number, SLAPD_PORT + number),
                          "ldap://127.0.0.1:%d" % (RELAY_PORT + number))
                   for number, slapd in enumerate(slapds)]
        super().__init__("operator", options, servers, iter(slapds[0].users), iter(()))

    def parts(self):
        return [self.operator, self.online_check, self.memory_on_disk,
                self.memory_out_of_reach, self.lists, self.emptied_policy,
                self.many_vanish, self.restarts]

    # ---- the operator ----

    def operator(self):
        user = next(self.existing)
        code, text = self.command("explain", mail(user))
        self.check("explain", (0, True), (code, text.startswith("pass")))
        code, text = self.command("explain", mail("nobody"))
        others = ("from", "joe@elsewhere.test", "client", "192.0.2.1")
        for words, right in ((others, "pass\n"), ((mail("nobody"),) + others, "recipient reject")):
            code, text = self.command("explain", *words)
            self.check("explain " + " ".join(words), (0, True), (code, text.startswith(right)))
        for words in (("from",), (mail(user), "to", "nobody"), ("from", "a@b.test", "client")):
            self.check("explain " + " ".join(words), 64, self.command("explain", *words)[0])
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
                   re.match(r"mailverdictd \S+ up (0|(\dm)?\d+s), ", self.command("status")[1])
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
        self.servers[0].slapd.make_half_loaded(False)
        self.servers[1].slapd.stop()
        self.servers[2].relay.become("close")
        code, text = check()
        self.check("none is", (69, 3), (code, text.count(" FAILS: ")))
        print(report.printable("".join("    %s\n" % line for line in text.splitlines())),
              end="", flush=True)
        self.servers[1].slapd.start()
        self.servers[0].slapd.make_complete()
        self.servers[2].relay.become("pass")

    # ---- the memory ----

    def memory_on_disk(self):
        """Who was seen is remembered over kill -9, and doubted when gone."""
        user = self.servers[0].slapd.vanishing()[0]
        with Client() as client:
            self.check("seen", PASS, client.rcpt(user))
        time.sleep(0.5)                                # it is committed within 0.1 s
        self.daemon.kill()
        self.daemon.start()
        for server in self.servers:
            server.slapd.make_half_loaded(True)
        with Client() as client:
            self.check("after kill -9, vanished: " + user,
                       lambda reply: reply.startswith(b"OK defer"), client.rcpt(user))
            self.check("who never was is refused", REJECT, client.ask(
                "rcpt", rcpt_key(mail("never"))))

    def memory_out_of_reach(self):
        """A history that cannot be opened: told, with its path, instead of forgotten."""
        policy = world.ROOT + "/no-history.textproto"
        world.write(policy, self.daemon.policy_text.replace(HISTORY, "/nowhere/history")
                    .replace("/run/mailverdict/", "/run/mailverdict/other-"))
        done = subprocess.run([self.daemon.program, "--policy", policy], timeout=30,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              universal_newlines=True)
        self.check("it does not start", (78, True), (
            done.returncode, "/nowhere/history" in done.stdout))

    # ---- lists are services, too ----

    def lists(self):
        """A list that loses much at once is held, over a restart too, until it is accepted."""
        for server in self.servers:
            server.slapd.make_complete()
        valid = world.ROOT + "/valid"
        aliases = ["alias%d" % number for number in range(10)]
        put = lambda names: world.write(valid, "".join(mail(name) + "\n" for name in names))
        put(aliases)
        world.write(self.daemon.policy, self.daemon.policy_text.replace(
            'realm { domain: "%s"' % world.DOMAIN,
            'realm { also_valid: "%s" domain: "%s"' % (valid, world.DOMAIN), 1))
        self.daemon.reload()

        def becomes(right, name, count=20):
            """Waits until `name` is answered so; others would spoil the hold of a directory."""
            with Client() as client:
                world.wait_until(lambda: client.rcpt(name) == right, count,
                                 "%s is answered %s" % (name, right), self.daemon.log)

        def has(words):
            world.wait_until(lambda: words in self.command("status")[1], 20,
                             "status has " + words, self.daemon.log)
        with Client() as client:
            self.check("listed", PASS, client.rcpt(aliases[0]))
        put(aliases + ["late"])
        becomes(PASS, "late")
        self.check("an edit counts without a signal", True, True)
        put([])
        has("%s 11 entries, HELD since " % valid)
        self.check("status says what to do", True,
                   "mailverdict accept " + valid in self.command("status")[1])
        with Client() as client:
            self.check("emptied by a broken export: all of them still pass", {PASS},
                       {client.rcpt(name) for name in aliases[:8]})
            self.daemon.reload()
            self.check("... and after SIGHUP", PASS, client.rcpt(aliases[1]))
        for end in (self.daemon.stop, self.daemon.kill):
            end()
            self.daemon.start()
            self.check("held over a restart", True,
                       "HELD since" in self.command("status")[1])
            with Client() as client:
                self.check("... and nobody is refused", PASS, client.rcpt(aliases[2]))
        put(["fresh"])
        becomes(PASS, "fresh")
        with Client() as client:
            self.check("what is new in a held list counts, and what it lost", PASS,
                       client.rcpt(aliases[3]))
        for words in (("accept",), ("accept", valid, "x")):
            self.check(" ".join(words), 64, self.command(*words)[0])
        self.check("accept of another file", 1, self.command("accept", "/etc/other")[0])
        self.check("accept", (0, "done\n"), self.command("accept", valid))
        self.check("the log has it", True,
                   "operator: accept " + valid in world.tail(self.daemon.log, 40))
        self.check("nothing is held any more", True, "%s 1 entries\n" % valid in
                   self.command("status")[1])
        with Client() as client:
            self.check("who passed by the list has the grace of the directory's",
                       lambda reply: reply.startswith(b"OK defer"), client.rcpt(aliases[0]))
            self.check("who was never asked for has not", REJECT, client.rcpt(aliases[9]))
        code, text = self.command("accept", valid)
        self.check("accept of what is not held", (1, True), (code, "is not held" in text))
        self.daemon.stop()
        self.daemon.start()
        self.check("an accepted list stays accepted", True, "%s 1 entries\n" % valid in
                   self.command("status")[1])
        world.write(valid, "not@@good\n")
        has("%s 1 entries, BROKEN since " % valid)
        with Client() as client:
            self.check("a broken list leaves what it said", PASS, client.rcpt("fresh"))
        code, text = self.command("accept", valid)
        self.check("accept of what is broken", (1, True), (code, "cannot be accepted" in text))
        self.daemon.stop()
        self.daemon.start()
        with Client() as client:
            self.check("... over a restart", PASS, client.rcpt("fresh"))
        put(["fresh", "more"])
        becomes(PASS, "more")
        self.check("mended", True, "BROKEN" not in self.command("status")[1])
        world.write(self.daemon.policy, self.daemon.policy_text)
        self.daemon.reload()
        self.check("a list that the policy no longer names is forgotten", True,
                   valid not in self.command("status")[1])
        self.command("release", "people")

    def emptied_policy(self):
        """What a start would refuse SIGHUP refuses, too."""
        whole = self.daemon.policy_text
        for what, text in (("emptied", ""), ("of comments", "# nothing\n"),
                           ("cut before its checks", whole[:whole.index("check {")])):
            world.write(self.daemon.policy, text)
            self.daemon.reload()
            self.check("a policy %s is refused" % what, True,
                       "policy refused, the old one stays" in world.tail(self.daemon.log, 3))
            self.check("... status tells of it", True,
                       "ALARM since" in self.command("status")[1])
            with Client() as client:
                self.check("... the old one stays", REJECT, client.rcpt("stranger9"))
            self.check("... and a start refuses it", 78, subprocess.run(
                [self.daemon.program, "--policy", self.daemon.policy], timeout=30,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT).returncode)
        world.write(self.daemon.policy, whole)
        self.daemon.reload()
        self.check("a good one ends the alarm", True,
                   "ALARM" not in self.command("status")[1])

    def many_vanish(self):
        """Too many of those that were seen are missing: nobody is refused any more."""
        for server in self.servers:
            server.slapd.make_complete()
        self.daemon.empty_caches()
        gone = self.servers[0].slapd.vanishing()[-40:]
        with Client() as client:
            seen = [client.rcpt(user) for user in gone]
            self.check("all are there", {PASS}, set(seen))
            for server in self.servers:
                server.slapd.make_half_loaded(True)
            self.daemon.empty_caches()
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
        for server in self.servers:
            server.slapd.make_complete()
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
            with world.SmtpSession(SENDMAIL_PORT) as session:
                while not stop.is_set():
                    for exists in (True, False):
                        who = self.servers[0].slapd.users[0] if exists else "nobody"
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


if __name__ == "__main__":
    try:
        sys.exit(three_servers.main(OperatorTest, "An operator's means."))
    except world.WorldError as error:
        sys.exit("The test broke off: %s" % error)

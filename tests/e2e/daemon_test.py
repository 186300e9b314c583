#!/usr/bin/python3
"""mailverdictd as an operator and its clients meet it, in front of a real slapd.

    tests/e2e/daemon_test.py [--daemon FILE] [--xml FILE]

Its command line, its rights, its signals, its maps, its log, clients that mean it ill,
and a directory that hangs. Whatever happens, nobody who exists is refused for good,
and nobody waits longer than the deadline.
"""

import grp
import os
import pwd
import re
import resource
import select
import signal
import socket
import stat
import subprocess
import sys
import time

import report
import world

DEADLINE = 4.0                 # of the world's policy
SLACK = 0.5                    # on a shared machine
AT_ONCE = 0.1                  # an answer that waits for nobody
HEALED_WITHIN = 2.0
CONFIG, USAGE = 78, 64         # exit statuses of sysexits.h
OTHER_SOCKET = "/run/mailverdict/other"

PASS = b"OK pass"
REJECT = b'OK reject:1.1:550:"User unknown"'
LATER = b'OK defer:4.3:"Recipient cannot be verified right now, try again later"'
CUT = b'OK defer:3.0:"Address was not asked about in full, try again later"'


def not_understood(reply):
    """Whether the reply goes on with what is wrong with the address."""
    return reply.startswith(b'OK defer:1.3:"Recipient address not understood: ')


def mail(local):
    return "%s@%s" % (local, world.DOMAIN)


def rcpt_key(recipient, client="192.0.2.1", queue_id="Q1", auth=""):
    """As mailverdict.m4 builds it."""
    if isinstance(recipient, str):
        recipient = recipient.encode()
    return recipient + (",client=<%s>,id=<%s>,auth=<%s>,;" % (
        client, queue_id, auth)).encode()


def netstring(data):
    return b"%d:%s," % (len(data), data)


class Client:
    """A connection to the daemon; `ask` waits, `send` and `receive` do not have to."""

    def __init__(self, path=world.DAEMON_SOCKET):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(20)
        self._socket.connect(path)
        self._unread = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._socket.close()

    def fileno(self):
        return self._socket.fileno()

    def send_bytes(self, data):
        self._socket.sendall(data)

    def send(self, name, key=b""):
        self.send_bytes(netstring(name.encode() + b" " + (
            key.encode() if isinstance(key, str) else key)))

    def receive(self):
        """The next reply; None when the daemon has closed."""
        while True:
            length, colon, rest = self._unread.partition(b":")
            if colon and len(rest) > int(length):
                reply, self._unread = rest[:int(length)], rest[int(length) + 1:]
                return reply
            try:
                data = self._socket.recv(65536)
            except ConnectionResetError:
                data = b""
            if not data:
                return None
            self._unread += data

    def ask(self, name, key=b""):
        self.send(name, key)
        return self.receive()

    def timed(self, name, key=b""):
        begun = time.monotonic()
        return self.ask(name, key), time.monotonic() - begun

    def rcpt(self, local):
        return self.ask("rcpt", rcpt_key(mail(local)))


class DaemonTest(report.Suite):
    """One world, one daemon that lives through most of it, and the results."""

    def __init__(self, program):
        super().__init__("daemon")
        self.slapd = world.Slapd()
        self.daemon = world.Daemon(program)
        self.slapd.start()
        self.daemon.start()
        self._fresh = iter(range(10 ** 6))

    # ---- tools ----

    def nobody(self):
        """Somebody who does not exist and was never asked for."""
        return "nobody%d" % next(self._fresh)

    def healthy(self, name):
        """Right answers for new people, within HEALED_WITHIN; how long it took."""
        begun = time.monotonic()
        with Client() as client:
            while True:
                asked = time.monotonic()
                said = [client.rcpt(self.slapd.users[-1]), client.rcpt(self.nobody())]
                if said == [PASS, REJECT] or asked - begun > HEALED_WITHIN:
                    break
        self.check(name, [PASS, REJECT], said, time.monotonic() - begun)

    def log_lines(self, path=None):
        with open(path or self.daemon.log, "rb") as log:
            return log.read().decode("ascii").splitlines()

    def wait_for_line(self, words, since=0, path=None, seconds=5):
        """The lines from number `since` on, when one of them has these words."""
        world.wait_until(lambda: any(words in line for line in self.log_lines(path)[since:]),
                         seconds, "a log line with " + words, path or self.daemon.log)
        return self.log_lines(path)[since:]

    def program(self, *arguments, user=None):
        """Runs mailverdictd to its end; (status, stdout, stderr)."""
        as_user = {}
        if user is not None:
            account = pwd.getpwnam(user)
            as_user = {"preexec_fn": lambda: (os.setgroups([]), os.setgid(account.pw_gid),
                                              os.setuid(account.pw_uid))}
        done = subprocess.run((self.daemon.program,) + arguments, timeout=10,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, universal_newlines=True, **as_user)
        return done.returncode, done.stdout, done.stderr

    def policy_file(self, *changes):
        """A policy for a second daemon: the world's with (old, new) texts changed."""
        text = self.daemon.policy_text.replace(world.DAEMON_SOCKET, OTHER_SOCKET)
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        path = world.ROOT + "/other.textproto"
        world.write(path, text)
        return path

    def second_daemon(self, *changes, stderr=subprocess.DEVNULL):
        process = subprocess.Popen(
            [self.daemon.program, "--policy", self.policy_file(*changes)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr)
        world.wait_until(lambda: process.poll() is not None or world.accepts(
            socket.AF_UNIX, OTHER_SOCKET), 10, "a second daemon is ready")
        return process

    # ---- the command line ----

    def command_line(self):
        status, out, err = self.program("--check", "--policy", self.daemon.policy)
        self.check("--check of a good policy", (0, self.daemon.policy + ": good\n", ""),
                   (status, out, err))
        for wrong_text, place in (('deadline: "4s" bogus: 1', ":3:16: "),
                                  ('deadline: "4 s"', ":3:1: "),
                                  ('deadline: "4s" }', ":3:16: ")):
            wrong = self.policy_file(('deadline: "4s"', wrong_text))
            for arguments in (("--check", "--policy", wrong), ("--policy", wrong)):
                status, out, err = self.program(*arguments)
                self.check("%s with %s" % (arguments[0], wrong_text), (CONFIG, ""),
                           (status, out))
                self.check("... names the place", lambda text: text.startswith(
                    wrong + place) and text.count("\n") == 1, err)
        status, out, err = self.program("--check", "--policy", "/nowhere")
        self.check("no policy there", (CONFIG, "", "/nowhere: No such file or directory\n"),
                   (status, out, err))
        status, out, err = self.program("--check", "--policy", "/etc")
        self.check("a directory is no policy", (CONFIG, "", "/etc: not a regular file\n"),
                   (status, out, err))
        status, out, err = self.program("--version")
        self.check("--version", (0, "", True), (
            status, err, re.fullmatch(r"mailverdictd \d+\.\d+\.\d+\n", out) is not None))
        status, usage, err = self.program("--help")
        self.check("--help", (0, True, ""), (status, usage.startswith("usage: "), err))
        for wrong_use in ((), ("--check",), ("--policy",), ("--bogus",), ("x",),
                          ("--policy", self.daemon.policy, "x")):
            status, out, err = self.program(*wrong_use)
            self.check("wrong usage: %s" % " ".join(wrong_use), (USAGE, "", True),
                       (status, out, err.endswith(usage)))
        silent = self.policy_file(("listener {", "#"))
        status, out, err = self.program("--policy", silent)
        self.check("a policy without a listener", (CONFIG, True),
                   (status, "no listener; add listener {" in err))

    # ---- rights ----

    def rights(self):
        user = 'user: "%s"\n' % world.MTA_USER
        status, _, err = self.program("--policy", self.policy_file((user, "")))
        self.check("root without a user is refused", (CONFIG, True),
                   (status, 'add user: "mailverdict", or user: "root"' in err))
        self.check("... and leaves no socket", False, os.path.lexists(OTHER_SOCKET))
        status, _, err = self.program("--policy", self.policy_file((user, 'user: "nemo"\n')))
        self.check("a user who is not there", (CONFIG, True),
                   (status, 'user "nemo" of the policy: no such user; create it' in err))
        account = pwd.getpwnam(world.MTA_USER)
        status = self.status_of(self.daemon.pid)
        self.check("it is its user, for good", [str(account.pw_uid)] * 4, status["Uid"])
        self.check("... and its group", [str(account.pw_gid)] * 4, status["Gid"])
        groups = set(os.getgrouplist(world.MTA_USER, account.pw_gid))
        self.check("... with no group of root's", groups, {int(g) for g in status["Groups"]})
        for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            self.check("... and no right of root's: " + kind, ["0" * 16], status[kind])
        process = self.second_daemon((user, 'user: "root"\n'))
        self.check("root stays root when told to", ["0"] * 4,
                   self.status_of(process.pid)["Uid"])
        process.terminate()
        process.wait(10)
        status, _, err = self.program("--policy", self.policy_file(
            ('"unix:%s"' % OTHER_SOCKET, '"unix:/run/forbidden"')), user=world.MTA_USER)
        self.check("a directory that it may not write", (CONFIG, True),
                   (status, "cannot create the socket; make its directory" in err))

    def status_of(self, pid):
        with open("/proc/%d/status" % pid) as status:
            fields = (line.split(":", 1) for line in status)
            return {name: value.split() for name, value in fields}

    def sockets(self):
        account = pwd.getpwnam(world.MTA_USER)
        made = os.stat(world.DAEMON_SOCKET)
        self.check("the socket's mode", "srw-rw----", stat.filemode(made.st_mode))
        self.check("... and group", account.pw_gid, made.st_gid)
        process = self.second_daemon(
            ('mode: "0660" group: "%s"' % grp.getgrgid(account.pw_gid).gr_name,
             'mode: "0604" owner: "nobody" group: "mail"'))
        made = os.stat(OTHER_SOCKET)
        self.check("a socket's mode, owner and group as in the policy",
                   ("srw----r--", pwd.getpwnam("nobody").pw_uid, grp.getgrnam("mail").gr_gid),
                   (stat.filemode(made.st_mode), made.st_uid, made.st_gid))
        status, _, err = self.program("--policy", world.ROOT + "/other.textproto")
        self.check("a second daemon on a live socket is refused", (CONFIG, True),
                   (status, "a running program answers there; stop it" in err))
        with Client(OTHER_SOCKET) as client:
            self.check("... and the first goes on", b"OK pong", client.ask("ping"))
        process.kill()
        process.wait()
        self.check("a killed daemon leaves its socket", True, os.path.lexists(OTHER_SOCKET))
        process = self.second_daemon()
        with Client(OTHER_SOCKET) as client:
            self.check("a stale socket is replaced", b"OK pong", client.ask("ping"))
        process.terminate()
        self.check("SIGTERM ends it with 0", 0, process.wait(10))
        self.check("... and its socket is gone", False, os.path.lexists(OTHER_SOCKET))
        world.write(OTHER_SOCKET, "precious")
        status, _, err = self.program("--policy", world.ROOT + "/other.textproto")
        self.check("a file in the socket's place stays", (CONFIG, True, "precious"), (
            status, "the path is not a socket" in err, open(OTHER_SOCKET).read()))
        os.remove(OTHER_SOCKET)
        policy = self.policy_file(('"unix:%s"' % OTHER_SOCKET, '"inet:127.0.0.1:3890"'),
                                  (' mode: "0660"', ""), (' group: "%s"' % grp.getgrgid(
                                      account.pw_gid).gr_name, ""))
        status, _, err = self.program("--policy", policy)
        self.check("a port in use", (CONFIG, True),
                   (status, "another program listens there" in err))

    # ---- maps ----

    def maps(self):
        somebody, quoted = mail("user000"), '"user000"@' + world.DOMAIN
        nobody, spaced = mail(self.nobody()), '"no body"@' + world.DOMAIN
        with Client() as client:
            for recipient, right in ((somebody, PASS), (somebody.upper(), PASS),
                                     (mail("user000+tag"), PASS), (nobody, REJECT),
                                     (quoted, PASS), (spaced, REJECT),
                                     (mail("postmaster"), PASS), ("postmaster", PASS),
                                     ("x@elsewhere.example", PASS), ("", not_understood),
                                     (mail("b\u00e9"), REJECT), (mail("b\\"), not_understood),
                                     (mail("no body"), not_understood),
                                     (mail(""), not_understood)):
                self.check("rcpt: " + recipient, right,
                           client.ask("rcpt", rcpt_key(recipient)))
            self.check("rcpt: who has logged in passes", PASS,
                       client.ask("rcpt", rcpt_key(nobody, auth="PLAIN")))
            for key, right in ((somebody, PASS), (nobody, b"NOTFOUND "),
                               (mail(self.nobody()), b"NOTFOUND "), (quoted, PASS),
                               (spaced, b"NOTFOUND "), (mail("no body"), b"NOTFOUND "),
                               (mail('a"b\\c@d'), b"NOTFOUND "),
                               ("user000", b"NOTFOUND "), ("@" + world.DOMAIN, b"NOTFOUND "),
                               ("", b"NOTFOUND "), ("x@elsewhere.example", PASS),
                               (mail("b\u00e9"), b"NOTFOUND ")):
                self.check("postfix: %r" % key, right, client.ask("postfix", key))
            self.check("postfix: bytes that are no text",
                       lambda said: said.startswith(b"TEMP 4.1.3 "),
                       client.ask("postfix", b"\xff\xfe@" + world.DOMAIN.encode()))
            self.explain(client, somebody, nobody)
            self.check("ping", b"OK pong", client.ask("ping"))
            for name in ("PING", "rcpt2", "user", "post\nfix"):
                self.check("unknown map %r" % name, lambda said: said.startswith(b"TEMP "),
                           client.ask(name, somebody))

    def explain(self, client, somebody, nobody):
        tree = client.ask("explain", somebody).decode()
        for words in ("OK pass", "recipient: pass", "mailbox people:" + somebody,
                      "present: uid=user000," + world.PEOPLE, world.LDAP_URI.rstrip("/")):
            self.check("explain somebody shows " + words, lambda text, words=words:
                       words in text, tree)
        for key in (nobody, rcpt_key(nobody)):
            tree = client.ask("explain", key).decode()
            for words in ("OK recipient reject 550 5.1.1", "mailbox people:" + nobody,
                          "vouched for by control@example.test (mail), "
                          "control2@example.test (uid), "
                          "control3@example.test (mail), "
                          "control4@example.test (uid)", world.LDAP_URI.rstrip("/"),
                          "\n    proof\n", "history people:" + nobody):
                self.check("explain nobody shows " + words, lambda text, words=words:
                           words in text, tree)
        self.check("explain what is no address", lambda text: b"defer 451 4.1.3" in text,
                   client.ask("explain", "a b@" + world.DOMAIN))

    def cut_keys(self):
        """A key cut after any byte is never the key of another recipient."""
        hostile = '"a,client=<1>,id=<2>,auth=<3>,;"@' + world.DOMAIN
        with Client() as client:
            for recipient in (mail("user000"), mail(self.nobody()), hostile):
                key = rcpt_key(recipient)
                said = {length: client.ask("rcpt", key[:length])
                        for length in range(len(key))}
                # One place, within a recipient that is made for it, looks whole; no
                # MTA cuts there (sendmail at 256 at least, recipients end at 255).
                made_for = recipient == hostile and len('"a,client=<1>,id=<2>,auth=<3>,;')
                wrong = {length: reply for length, reply in said.items() if reply != CUT}
                if made_for and (wrong.get(made_for) == PASS
                                 or not_understood(wrong.get(made_for, b""))):
                    del wrong[made_for]
                self.check("a key cut after every byte is deferred: " + recipient, {}, wrong)
            for key in (b"x", rcpt_key(mail("user000")) + b",", mail("user000").encode(),
                        mail(self.nobody()).encode() + b",;"):
                self.check("what is no key is deferred: %r" % key, CUT,
                           client.ask("rcpt", key))

    # ---- the log ----

    def log(self):
        with Client() as client:
            client.ask("rcpt", rcpt_key("the-beginning"))
        self.wait_for_line("the-beginning")
        since = len(self.log_lines())
        verdicts = (
            (mail("user000"), "client=192.0.2.1 id=Q1 to=<%s> pass " % mail("user000")),
            (mail("nobody"), "client=192.0.2.1 id=Q1 to=<%s> recipient reject 550 5.1.1 "
                             "User unknown " % mail("nobody")),
            ("x@elsewhere.example", "client=192.0.2.1 id=Q1 to=<x@elsewhere.example> pass "
                                    "[domain is not ours] "),
            (mail("a\r\nclient=forged"), "client=192.0.2.1 id=Q1 to=<a\\x0d\\x0aclient="
                                         "forged@example.test> recipient defer 451 4.1.3 "),
            (mail("\x1b[2J\x7f\t\x01"), "client=192.0.2.1 id=Q1 to=<\\x1b[2J\\x7f\\x09\\x01@"),
            (mail("b\u00e9\u2028x"),
             "client=192.0.2.1 id=Q1 to=<b\\xc3\\xa9\\xe2\\x80\\xa8x@"),
        )
        with Client() as client:
            for recipient, _ in verdicts:
                client.ask("rcpt", rcpt_key(recipient))
            client.ask("rcpt", rcpt_key(mail("user001"), "IPv6:2001:db8::1", queue_id=""))
            client.ask("postfix", mail("user002"))
            client.ask("postfix", "user002")
            client.ask("explain", mail("user003"))
            client.ask("ping")
            client.ask("bogus\nforged", "x")
            client.ask("rcpt", rcpt_key(mail("the-end")))
        lines = self.wait_for_line("the-end", since)
        right = [begin for _, begin in verdicts] + [
            "client=2001:db8::1 to=<user001@", "to=<user002@",
            "client=192.0.2.1 id=Q1 to=<the-end@"]
        self.check("one line a verdict", len(right), len(lines))
        for begin, line in zip(right, lines):
            self.check("log: " + begin, lambda text, begin=begin: text.startswith(begin), line)
            self.check("... and the time", lambda text: re.search(r" \d+us$", text), line)

    def log_of_controls(self):
        """One line when a control fails, whoever asks; one when it is there again."""
        since = len(self.log_lines())
        self.slapd.make_empty()
        with Client() as client:
            for _ in range(20):
                self.check("without a control nobody is refused", LATER,
                           client.rcpt(self.nobody()))
            lines = [line for line in self.wait_for_line(" FAILS: ", since)
                     if not line.startswith("client=")]
            self.check("one line when a control fails", 1, len(lines))
            self.check("... which names it", lambda line: line.startswith(
                "warning: directory people (ldap://127.0.0.1:3890) FAILS: ")
                       and "control" in line, lines[0])
        self.slapd.make_complete()
        self.healthy("right again when the control is back")
        self.wait_for_line("is well again", since)
        time_lines = [line for line in self.log_lines()[since:]
                      if "FAILS" in line or "is well again" in line]
        self.check("one line when it is back", 2, len(time_lines))

    def log_of_a_lost_pipe(self):
        """stderr is a pipe that nobody reads, or that is closed: answers go on."""
        for closed in (False, True):
            what = "closed" if closed else "full"
            reader, writer = os.pipe()
            if closed:
                os.close(reader)
            process = self.second_daemon(stderr=writer)
            with Client(OTHER_SOCKET) as client:
                slowest = 0.0
                for _ in range(3000):
                    # 3000 lines of a few hundred bytes: a pipe holds 64 KiB.
                    said, seconds = client.timed("rcpt", rcpt_key("x" * 200 + "@else.where"))
                    slowest = max(slowest, seconds)
                self.check("answers go on, the log is " + what, PASS, said)
                self.within("... each at once", SLACK, slowest)
            if not closed:
                full = not select.select([], [writer], [], 0)[1]
                self.check("... and the pipe was full", True, full)
            begun = time.monotonic()
            process.terminate()
            self.check("... and SIGTERM ends it", 0, process.wait(10))
            self.within("... soon", 3, time.monotonic() - begun)
            os.close(writer)
            if not closed:
                os.close(reader)

    def log_to_syslog(self):
        path = world.ROOT + "/syslog"
        process = self.second_daemon(('deadline: "4s"', 'deadline: "4s" log: SYSLOG'))
        with Client(OTHER_SOCKET) as client:
            client.ask("rcpt", rcpt_key(mail("a\nb%s")))
        lines = self.wait_for_line("to=<a", path=path)
        # <22> is mail.info.
        self.check("syslog gets a line", True, any(re.search(
            r"^<22>.* mailverdictd\[\d+\]: client=192\.0\.2\.1 id=Q1 to=<a\\x0ab%s@", line)
                                                   for line in lines))
        process.terminate()
        process.wait(10)

    # ---- SIGHUP ----

    def reload(self):
        self.daemon.reload()
        with Client() as client:
            before = len(self.log_lines())
            world.write(self.daemon.policy, self.daemon.policy_text.replace(
                "scope: SUBTREE", "scope: TREE"))
            self.daemon.reload()
            line = self.log_lines()[before]
            right = "error: policy refused, the old one stays: %s:8:10: " % self.daemon.policy
            self.check("a wrong policy is refused on SIGHUP",
                       lambda text: text.startswith(right), line)
            self.check("... the old one stays", [PASS, REJECT],
                       [client.rcpt("user010"), client.rcpt(self.nobody())])
            for put in (lambda path: None, os.mkdir, lambda path: os.symlink(path, path)):
                self.remove_policy()
                put(self.daemon.policy)
                self.daemon.reload()
                self.check("what cannot be read is refused, too", REJECT,
                           client.rcpt(self.nobody()))
            self.remove_policy()

            added = "user010@added.test", "nobody@added.test"
            ask = lambda: [client.ask("rcpt", rcpt_key(each)) for each in added]
            self.check("before a realm is added", [PASS, PASS], ask())
            self.use('realm { domain: "%s"' % world.DOMAIN,
                     'realm { domain: "%s" domain: "added.test"' % world.DOMAIN)
            self.check("... and after, in the same connection", [PASS, REJECT], ask())
            self.use('deadline: "4s"', 'deadline: "4s" shadow: true')
            before = len(self.log_lines())
            self.check("shadow, in the same connection", PASS, client.rcpt("ghost"))
            lines = self.wait_for_line("ghost", before)
            self.check("... says what it would have been", lambda text: (
                "pass [" in text and "in shadow, recipient would reject 550 5.1.1" in text),
                       lines[0])
            for old, new, told in (('mode: "0660"', 'mode: "0666"', True),
                                   ('mode: "0660"', 'mode: "0666"', True), ("", "", False)):
                before = len(self.log_lines())
                self.use(old, new)
                said = " ".join(self.log_lines()[before:])
                self.check("a listener changes with a restart only, and it says so", told,
                           "change with a restart only" in said)
            self.check("shadow is off again", REJECT, client.rcpt("ghost"))

    def changed_lists(self):
        """Every list is read again when it changes, without SIGHUP; the policy is not."""
        path, valid = world.ROOT + "/wrong", world.ROOT + "/valid"
        world.write(path, "wrong.test\n")
        world.write(valid, "ann@%s\n" % world.DOMAIN)
        world.write(self.daemon.policy, self.daemon.policy_text.replace(
            'realm { domain: "%s"' % world.DOMAIN,
            'check { domain { dns: false shipped_list: false instant_reject_file: "%s" } }\n'
            'realm { also_valid: "%s" domain: "%s"' % (path, valid, world.DOMAIN), 1))
        self.daemon.reload()
        key = "joe@%s,client=<192.0.2.1>,id=<>,auth=<>,;"
        with Client() as client:
            ask = lambda: [client.ask("mail", key % domain).split(b":")[0]
                           for domain in ("wrong.test", "worse.test")]
            people = lambda: [client.rcpt(each) for each in ("ann", "bob")]
            self.check("what is in the lists", ([b"OK reject", PASS], [PASS, REJECT]),
                       (ask(), people()))
            world.write(self.daemon.policy, "is not read")
            for text, line, right in (
                    ("worse.test\n", " names has changed", [PASS, b"OK reject"]),
                    ("joe@wrong.test\n", "list %s is refused, its last good version stays in "
                     "force (1 entries): %s:1:4: " % (path, path), [PASS, b"OK reject"]),
                    ("", "list %s is in force again" % path, [PASS, PASS])):
                since = len(self.log_lines())
                world.write(path, text)
                self.wait_for_line(line, since, seconds=20)
                self.wait_for(lambda r=right: ask() == r)
                self.check("a list that has changed is read again", right, ask())
            # One is broken and the other good: the good one counts.
            world.write(path, "joe@wrong.test\n")
            world.write(valid, "ann@%s\nbob@%s\n" % (world.DOMAIN, world.DOMAIN))
            self.wait_for(lambda: people() == [PASS, PASS])
            self.check("a good list counts beside a broken one", [PASS, PASS], people())
            os.remove(valid)
            since = len(self.log_lines())
            self.wait_for_line("list %s is refused" % valid, since, seconds=20)
            self.check("a list that is gone leaves what it said", [PASS, PASS], people())
            since = len(self.log_lines())
            world.write(valid + ".new", "".join(
                "%s@%s\n" % (each, world.DOMAIN) for each in ("ann", "bob", "carl")))
            os.rename(valid + ".new", valid)
            self.wait_for_line("list %s is in force again" % valid, since, seconds=20)
            self.check("... until it is there again", PASS, client.rcpt("carl"))
        self.no_thread()
        self.use("", "")

    def no_thread(self):
        """The machine has no thread to read with: told, and made good for later."""
        since = len(self.log_lines())
        self.limit_threads(1)
        world.write(self.daemon.policy, self.daemon.policy_text)
        self.daemon.signal(signal.SIGHUP)
        self.wait_for_line("no thread to read the policy's files", since, seconds=20)
        with Client() as client:
            self.check("without a thread mail is judged as before", PASS, client.rcpt("carl"))
        self.limit_threads(None)
        self.wait_for_line(" read again", since, seconds=20)

    def limit_threads(self, most):
        """What the daemon's user may have; None: as many as the hard limit allows.

        Set by a child that becomes this user: root may not where it lacks CAP_SYS_RESOURCE.
        """
        child = os.fork()
        if child == 0:
            account = pwd.getpwnam(world.MTA_USER)
            os.setgroups([])
            os.setgid(account.pw_gid)
            os.setuid(account.pw_uid)
            _, hard = resource.prlimit(self.daemon.pid, resource.RLIMIT_NPROC)
            resource.prlimit(self.daemon.pid, resource.RLIMIT_NPROC,
                             (hard if most is None else most, hard))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        self.check("the limit of threads is set", 0, status)

    def wait_for(self, condition):
        world.wait_until(condition, 20, "a list that was changed counts", self.daemon.log)

    def remove_policy(self):
        if os.path.isdir(self.daemon.policy):
            os.rmdir(self.daemon.policy)
        elif os.path.lexists(self.daemon.policy):
            os.remove(self.daemon.policy)

    def use(self, old, new):
        """The world's policy with one text changed, by SIGHUP."""
        world.write(self.daemon.policy, self.daemon.policy_text.replace(old, new, 1))
        since = len(self.log_lines())
        self.daemon.signal(signal.SIGHUP)
        self.wait_for_line(" read again", since)

    def reload_under_way(self):
        """SIGHUP while slapd hangs: no request is lost, nobody else waits."""
        clients = [Client() for _ in range(20)]
        self.slapd.pause()
        begun = time.monotonic()
        for client in clients:
            client.send("rcpt", rcpt_key(mail(self.nobody())))
        with Client() as other:
            other.ask("ping")
            slowest = 0.0
            for _ in range(3):
                self.daemon.signal(signal.SIGHUP)
                for _ in range(20):
                    said, seconds = other.timed("ping")
                    self.check("ping right after SIGHUP", b"OK pong", said)
                    slowest = max(slowest, seconds)
            self.within("ping right after SIGHUP", AT_ONCE, slowest)
            print("    the slowest ping around SIGHUP: %.1f ms" % (slowest * 1000))
        said = [client.receive() for client in clients]
        self.check("SIGHUP loses no request under way", [LATER] * len(clients), said)
        self.within("... all are answered", DEADLINE + SLACK, time.monotonic() - begun)
        self.slapd.resume()
        self.healthy("right after a SIGHUP at a hung slapd")
        for client in clients:
            self.check("... in the same connections", REJECT, client.rcpt(self.nobody()))
            client.close()

    # ---- hostile clients ----

    def hostile(self):
        """Each costs its own connection at most."""
        before = self.resident()
        with Client() as witness:
            for bad in (b"x", b"-1:a,", b"01:a,", b":,", b"99999999999999999999:", b"5000:",
                        b"4:ping;", b"4:ping,", b"5: ping,", b"6:ping\0x,", b"0:,",
                        b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 100, b"1" * 1000):
                with Client() as client:
                    client.send_bytes(bad)
                    self.check("closed after %r" % bad[:20], None, client.receive())
                self.check("... and only that one", b"OK pong", witness.ask("ping"))
            whole = netstring(b"rcpt " + rcpt_key(mail("user000")))
            halves = [Client() for _ in range(200)]
            for number, client in enumerate(halves):
                client.send_bytes(whole[:number % len(whole)])
            self.check("half requests hold up nobody", PASS, witness.rcpt("user000"))
            for number, client in enumerate(halves):
                client.send_bytes(whole[number % len(whole):])
            self.check("... and can be finished", [PASS] * len(halves),
                       [client.receive() for client in halves])
            for client in halves:
                client.close()
            idle = [Client() for _ in range(1000)]
            said, seconds = witness.timed("rcpt", rcpt_key(mail("user000")))
            self.check("1000 idle connections hold up nobody", PASS, said)
            self.within("... not at all", AT_ONCE, seconds)
            self.check("... and are still good", [b"OK pong"] * 1000,
                       [client.ask("ping") for client in idle])
            self.never_reads(witness)
            print("    resident: %d KiB before, %d KiB with all this" % (
                before, self.resident()))
            # The address sanitizer keeps what is freed for a while.
            self.check("memory stays bounded (KiB more)", lambda more: more < 150000,
                       self.resident() - before)
            for client in idle:
                client.close()

    def never_reads(self, witness):
        """Sends questions and reads no answer, until the daemon takes no more."""
        greedy = [Client() for _ in range(10)]
        question = netstring(b"explain " + mail("user000").encode()) * 100
        sent = 0
        for client in greedy:
            client._socket.settimeout(0.1)
            try:
                while sent < 10 ** 9:
                    sent += client._socket.send(question)
            except socket.timeout:
                pass
        print("    %d KiB taken from clients that never read" % (sent // 1024))
        self.check("who never reads is not read for ever", lambda taken: taken < 64 << 20,
                   sent)
        self.check("... and holds up nobody", PASS, witness.rcpt("user000"))
        for client in greedy:
            client.close()

    def resident(self):
        return int(self.status_of(self.daemon.pid)["VmRSS"][0])

    # ---- a directory that hangs ----

    def deadline(self):
        clients = [Client() for _ in range(50)]
        self.slapd.pause()
        begun = time.monotonic()
        for client in clients:
            client.send("rcpt", rcpt_key(mail(self.nobody())))
        waiting, took, said = list(clients), [], []
        while waiting:
            for client in select.select(waiting, [], [], 20)[0]:
                said.append(client.receive())
                took.append(time.monotonic() - begun)
                waiting.remove(client)
        self.check("50 at once at a hung slapd are deferred", {LATER}, set(said))
        self.within("... all of them", DEADLINE + SLACK, max(took))
        print("    50 answers at a hung slapd after %.2f to %.2f s" % (min(took), max(took)))
        for client in clients[:10]:
            said, seconds = client.timed("rcpt", rcpt_key(mail(self.nobody())))
            self.check("later ones are deferred", LATER, said)
            self.within("... at once", AT_ONCE, seconds)
        self.slapd.resume()
        self.healthy("right again when slapd is")
        for client in clients:
            client.close()

    # ---- SIGTERM ----

    def terminate(self):
        """What is under way is still answered; a second SIGTERM ends at once."""
        clients, idle = [Client() for _ in range(5)], Client()
        self.slapd.pause()
        for client in clients:
            client.send("rcpt", rcpt_key(mail(self.nobody())))
        idle.ask("ping")
        idle.ask("ping")     # by now they have been read
        begun = time.monotonic()
        self.daemon.signal(signal.SIGTERM)
        self.check("SIGTERM closes what is idle", None, idle.receive())
        self.check("... listens no more", False, world.accepts(
            socket.AF_UNIX, world.DAEMON_SOCKET))
        self.check("... answers what is under way", [LATER] * 5,
                   [client.receive() for client in clients])
        self.check("... then closes it", [None] * 5, [client.receive() for client in clients])
        self.check("... and ends with 0", 0, self.daemon.wait())
        self.within("... in time", DEADLINE + SLACK + 1, time.monotonic() - begun)

        for reload in (False, True):
            self.slapd.resume()
            self.daemon.start()
            self.slapd.pause()
            with Client() as client:
                client.send("rcpt", rcpt_key(mail(self.nobody())))
                with Client() as other:
                    other.ask("ping")
                    other.ask("ping")
                if reload:    # the request is the old policy's
                    self.daemon.reload()
                since = len(self.log_lines())
                self.daemon.signal(signal.SIGTERM)
                self.wait_for_line("ending: ", since)    # two at once would be one
                begun = time.monotonic()
                self.daemon.signal(signal.SIGTERM)
                name = "SIGTERM twice%s" % (", after SIGHUP" if reload else "")
                self.check(name + " ends with 0", 0, self.daemon.wait())
                self.within(name + " ends at once", 1.5, time.monotonic() - begun)
                self.check("... and makes no answer up", None, client.receive())
        self.slapd.resume()
        self.daemon.start()
        self.healthy("right after a restart")

    def run(self):
        self.play(self.command_line, self.rights, self.sockets, self.maps, self.cut_keys,
                  self.log, self.log_of_controls, self.log_of_a_lost_pipe,
                  self.log_to_syslog, self.reload, self.changed_lists,
                  self.reload_under_way, self.hostile, self.deadline, self.terminate)
        self.check("the daemon has said nothing else", [], [
            line for line in self.log_lines() if "ERROR: " in line or "runtime error" in line])


def main():
    options = report.command_line("mailverdictd, from all sides.", "daemon").parse_args()
    world.enter()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    test = DaemonTest(options.daemon)
    test.run()
    return test.finish(options.xml, world.tail(test.daemon.log, 40))


if __name__ == "__main__":
    sys.exit(main())

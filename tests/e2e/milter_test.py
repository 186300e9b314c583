#!/usr/bin/python3
"""mailverdictd's milter: by miltertest, by its protocol, and behind real MTAs.

    tests/e2e/milter_test.py --daemon FILE [--xml FILE]

What it negotiates, what it answers, what it forgets between two messages; real sendmail
and real Postfix in front of it, as docs/sendmail.md and docs/postfix.md say; a directory
that is slow or hangs; a daemon that is dead or hangs; a thousand sessions.
"""

import os
import queue
import re
import resource
import select
import signal
import socket
import sys
import threading
import time

import milter_client
import report
import world
from milter_client import CONTINUE, TEMPFAIL

DEADLINE, SLACK = 4.0, 1.5     # of the world's policy; a shared machine
AT_ONCE = 1.0                  # an answer that waits for nobody
MILTERTEST = os.path.join(world.SOURCE_TREE, "tests/e2e/miltertest")
LOCAL_NETWORK = 'local_network: "198.51.100.0/24"\nlocal_network: "127.0.0.9/32"\n'
CHECK = "check { recipient { } }\n"
INET = ("127.0.0.1", 7778)
SLOW_LDAP = ("127.0.0.1", 3892)
SENDMAIL, SENDMAIL_INET, SENDMAIL_SKIPS = 2525, 2526, 2527
SENDERS = 2528
POSTFIX, POSTFIX_CHROOT, POSTFIX_DEFAULT, POSTFIX_ACCEPTS = 2530, 2531, 2532, 2533

UNKNOWN = "550 5.1.1 User unknown"
LATER = "451 4.4.3 Recipient cannot be verified right now, try again later"
NOT_UNDERSTOOD = "451 4.1.3 Recipient address not understood"
NOTHING = ": here a local part is missing, at character 1"
SESSIONS = 1000
# A session is a thread, of whose stack two pages are used, and less than a page of memory;
# 10.0 to 11.5 KiB were measured (x86-64, glibc 2.36). Two pages more may come with other
# versions of libraries; a leak, or a stack that is really used, would be beyond that.
MOST_KIB_PER_SESSION = 20
OF_A_SANITIZER = 280             # for each thread


def mail(local):
    return "%s@%s" % (local, world.DOMAIN)


def in_brackets(local):
    return "<%s>" % mail(local)


class SlowLdap:
    """Between the daemon and slapd; each reply comes `delay` seconds late, all in order."""

    def __init__(self):
        self.delay = 0.0
        self._listener = socket.create_server(SLOW_LDAP, backlog=64)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            client, _ = self._listener.accept()
            server = socket.create_connection(("127.0.0.1", 3890))
            late = queue.Queue()
            for work in ((self._read, client, lambda data, s=server: s.sendall(data)),
                         (self._read, server, lambda data, q=late: q.put(
                             (time.monotonic() + self.delay, data))),
                         (self._send_late, late, client)):
                threading.Thread(target=work[0], args=work[1:], daemon=True).start()

    def _read(self, source, sink):
        try:
            while True:
                data = source.recv(65536)
                sink(data)
                if not data:
                    return
        except OSError:
            pass

    def _send_late(self, late, client):
        while True:
            due, data = late.get()
            time.sleep(max(0.0, due - time.monotonic()))
            try:
                if not data:
                    client.close()
                    return
                client.sendall(data)
            except OSError:
                return


class InetDaemon(world.Server):
    """A second daemon, whose milter listens on TCP: there is one milter in a process."""

    def __init__(self, daemon):
        policy = world.ROOT + "/inet.textproto"
        world.write(policy, daemon.policy_text.replace(
            world.DAEMON_SOCKET, "/run/mailverdict/other").replace(
                world.MILTER_LISTENER, 'listener { milter: "inet:%s:%d" }\n' % INET))
        super().__init__("inet", [daemon.program, "--policy", policy])

    def ready(self):
        return world.accepts(socket.AF_INET, INET)


class MilterTest(report.Suite):
    """The servers, and the results."""

    def __init__(self, program):
        super().__init__("milter")
        with open(program, "rb") as file:
            self.sanitized = re.search(b"__[at]san_init", file.read()) is not None
        self.slapd = world.Slapd()
        self.slapd.start()
        self.ldap = SlowLdap()
        self.daemon = world.Daemon(program, more=world.MILTER_LISTENER + LOCAL_NETWORK)
        self.daemon.policy_text = self.daemon.policy_text.replace(
            world.LDAP_URI.rstrip("/"), "ldap://%s:%d" % SLOW_LDAP)
        world.write(self.daemon.policy, self.daemon.policy_text)
        self.daemon.start()
        inet = InetDaemon(self.daemon)
        sendmail = world.Sendmail("sendmail", SENDMAIL, world.SENDMAIL_MILTER)
        sendmail_inet = world.Sendmail(
            "sendmail_inet", SENDMAIL_INET, world.SENDMAIL_MILTER.replace(
                "unix:" + world.MILTER_SOCKET, "inet:%d@%s" % (INET[1], INET[0])))
        sendmail_skips = world.Sendmail("sendmail_skips", SENDMAIL_SKIPS,
                                        world.SENDMAIL_MILTER.replace(" F=T,", ""))
        senders = world.Sendmail(
            "senders", SENDERS, "FEATURE(`mailverdict', `', `', `', `senders')dnl")
        plain = {"smtpd_milters": "unix:" + world.MILTER_SOCKET}
        postfix = world.Postfix("postfix", {
            POSTFIX: ("n", {"smtpd_authorized_xclient_hosts": "127.0.0.1"}),
            POSTFIX_CHROOT: ("y", {"smtpd_milters": "inet:%s:%d" % INET}),
            POSTFIX_DEFAULT: ("n", plain),
            POSTFIX_ACCEPTS: ("n", dict(plain, milter_default_action="accept"))},
                                **world.POSTFIX_MILTER)
        for server in (inet, sendmail, sendmail_inet, sendmail_skips, senders, postfix):
            server.start()
        self._numbers = iter(range(10 ** 6))
        self._people = iter(self.slapd.users[30:])

    # ---- tools ----

    def nobody(self):
        """Who does not exist and was not asked for yet."""
        return "nobody%d" % next(self._numbers)

    def somebody(self):
        """Who exists and was not asked for yet: no answer of theirs is kept."""
        return next(self._people)

    def connect(self):
        return milter_client.Connection(world.MILTER_SOCKET)

    def use(self, policy):
        world.write(self.daemon.policy, policy)
        self.daemon.reload()

    def wait_for_line(self, words):
        """Whether the daemon's log has such a line, soon."""
        def is_there():
            with open(self.daemon.log) as log:
                return any(words in line for line in log)
        begun = time.monotonic()
        while not is_there() and time.monotonic() - begun < 5:
            time.sleep(0.01)
        self.check("the log says: " + words, True, is_there())

    def check_said(self, name, right, reply, limit=AT_ONCE):
        """`right` begins an SMTP reply, or is said in full if it ends with a full stop."""
        said = "%d %s %s" % (reply.code, reply.enhanced, reply.text)
        self.check(name, lambda text: text == right[:-1] if right.endswith(".") else
                   text.startswith(right), said, reply.seconds)
        self.within(name, limit, reply.seconds)

    # ---- miltertest ----

    def script(self, name, **values):
        values.update(socket="unix:" + world.MILTER_SOCKET, common=MILTERTEST + "/common.lua")
        command = ["miltertest", "-s", "%s/%s.lua" % (MILTERTEST, name)]
        for pair in values.items():
            command += ["-D", "%s=%s" % pair]
        begun = time.monotonic()
        try:
            failure = world.run(command, name) or ""
        except world.WorldError as error:
            failure = str(error)
        self.check("miltertest %s %s" % (name, values.get("wanted", "")), "", failure,
                   time.monotonic() - begun)

    def scripts(self):
        self.script("negotiation", wanted="connect mail rcpt")
        for name in ("recipients", "authenticated", "abort", "queue_id"):
            self.script(name)
        for words in ("client=192.0.2.1 id=AUTH1 to=<missing@example.test> pass [auth",
                      "client=192.0.2.1 id=AUTH2 to=<missing@example.test> recipient reject",
                      "client=198.51.100.7 to=<missing@example.test> pass [local network]",
                      "client=192.0.2.1 id=EARLY to=<user010@example.test> pass",
                      "client=192.0.2.1 id=EARLY to=<user011@example.test> pass",
                      "client=192.0.2.1 to=<user012@example.test> pass",
                      "client=192.0.2.1 id=LATE to=<user013@example.test> pass",
                      "client=192.0.2.1 to=<user014@example.test> pass"):
            self.wait_for_line(words)
        self.slapd.make_empty()
        self.script("deferred")
        self.slapd.make_complete()
        self.use(self.daemon.policy_text.replace(CHECK, "shadow: true\n"))
        self.script("negotiation", wanted="nothing")
        self.use(self.daemon.policy_text)
        self.script("negotiation", wanted="connect mail rcpt")

    # ---- the protocol ----

    def protocol(self):
        with self.connect() as milter:
            actions, steps, macros = milter.negotiate()
            self.check("the only thing it may do is to choose macros", 0x100, actions)
            self.check("declined: HELO, body, headers, EOH, unknown, DATA", 0x372, steps)
            self.check("macros at MAIL and RCPT", ("i {auth_type}", "i {rcpt_addr}"),
                       (macros.get(2), macros.get(3)))
            milter.connect()
            milter.begin_message()
            for recipient, right in ((in_brackets("user001"), CONTINUE),
                                     (in_brackets(self.nobody()), UNKNOWN),
                                     (mail(self.nobody()), UNKNOWN),
                                     ("<>", NOT_UNDERSTOOD), ("", NOT_UNDERSTOOD + NOTHING),
                                     (in_brackets("\u00e9"), UNKNOWN),
                                     ('<"no body"@%s>' % world.DOMAIN, UNKNOWN),
                                     ('<"%%s%%"@%s>' % world.DOMAIN, UNKNOWN)):
                self.check("RCPT " + recipient, right, milter.rcpt(recipient))
            for recipient, resolved, right in (
                    ("<%s%%%s@gw>" % (self.nobody(), world.DOMAIN), mail(self.nobody()), UNKNOWN),
                    (in_brackets("user001") + " ", mail("user001"), CONTINUE),
                    (in_brackets(self.nobody()), mail("user001"), CONTINUE),
                    ("<@%s>" % world.DOMAIN, "", "553 5.1.3 Recipient address not understood: "
                     "here a local part is missing, at character 2"),
                    ("<root>", mail(self.nobody()), CONTINUE)):
                self.check("RCPT %s, resolved to %s" % (recipient, resolved), right,
                           milter.rcpt(recipient, resolved))
            self.check("end of message", CONTINUE, milter.end_of_message())
        self.empty_chain()
        self.next_connection()
        self.hostile()

    def empty_chain(self):
        """A session keeps what it has agreed on, whatever the policy becomes."""
        with self.connect() as before:
            before.begin_session()
            self.use(self.daemon.policy_text.replace(CHECK, "shadow: true\n"))
            with self.connect() as milter:
                self.check("without a check all is declined", (0x100, 0x37f),
                           milter.negotiate()[:2])
                milter.send(b"E")
                self.check("... but the end of a message, which cannot be", CONTINUE,
                           milter.reply())
            before.begin_message()
            self.check("an older session passes", CONTINUE,
                       before.rcpt(in_brackets(self.nobody())))
            self.use(self.daemon.policy_text)
            self.check("... and is judged again when there is a check again", UNKNOWN,
                       before.rcpt(in_brackets(self.nobody())))

    def next_connection(self):
        """SMFIC_QUIT_NC: Postfix keeps a connection for its next client."""
        with self.connect() as milter:
            for client, right in (("198.51.100.7", CONTINUE), ("192.0.2.9", UNKNOWN),
                                  ("198.51.100.8", CONTINUE)):
                milter.macros(b"C", j="gw")
                self.check("a client in a used connection", CONTINUE,
                           milter.begin_session(client) if client == "198.51.100.7"
                           else milter.connect(client))
                milter.begin_message("NC%s" % client[-1])
                nobody = self.nobody()
                self.check("RCPT of client " + client, right,
                           milter.rcpt(in_brackets(nobody)))
                self.wait_for_line("client=%s id=NC%s to=%s " % (
                    client, client[-1], in_brackets(nobody)))
                milter.abort()
                milter.send(b"K")

    def hostile(self):
        """Each costs its own connection at most."""
        with self.connect() as witness:
            witness.begin_session()
            witness.begin_message()
            for name, data in (("nothing", b""), ("an endless packet", b"\xff" * 100),
                               ("an empty packet", b"\0\0\0\0"), ("no milter", b"GET / HTTP"),
                               ("half a packet", b"\0\0\0\x0dO\0\0"),
                               ("an unknown command", b"\0\0\0\x01!"),
                               ("RCPT without a negotiation", b"\0\0\0\x04R<>\0"),
                               ("MAIL without an end", b"\0\0\0\x05Mabcd")):
                with self.connect() as milter:
                    milter.send_bytes(data)
                self.check("after %s another is still right" % name, UNKNOWN,
                           witness.rcpt(in_brackets(self.nobody())))
            with self.connect() as milter:     # and hangs up while it is judged
                milter.begin_session()
                milter.begin_message()
                self.ldap.delay = 0.3
                milter.send_rcpt(in_brackets(self.nobody()))
            self.ldap.delay = 0.0
            self.check("after one that left in a verdict another is right", UNKNOWN,
                       witness.rcpt(in_brackets(self.nobody())))

    # ---- the MTAs ----

    def mtas(self):
        for name, port, sender_hears in (
                ("sendmail", SENDMAIL, "550 5.1.1 <%s>... User unknown."),
                ("sendmail, inet", SENDMAIL_INET, "550 5.1.1 <%s>... User unknown."),
                ("Postfix", POSTFIX, "550 5.1.1 User unknown."),
                ("Postfix, inet, chroot", POSTFIX_CHROOT, "550 5.1.1 User unknown.")):
            with world.SmtpSession(port) as session:
                for _ in range(2):
                    nobody = mail(self.nobody())
                    self.check_said(name + ": missing", sender_hears.replace("%s", nobody),
                                    session.ask(nobody))
                    self.check_said(name + ": existing", "250 2.1.5",
                                    session.ask(mail(self.somebody())))
                self.check_said(name + ": postmaster", "250 2.1.5",
                                session.ask(mail("postmaster")))
                session.say(b"RSET")
                replies, end = session.deliver(
                    mail(self.nobody()), mail("user001"), mail(self.nobody()),
                    mail("user002"), "b\u00e9@" + world.DOMAIN)
                self.check(name + ": a mixed message", [550, 250, 550, 250],
                           [reply.code for reply in replies[:4]])
                self.check_said(name + ": ... is taken", "250 2.0.0", end)
            with world.SmtpSession(port, source="127.0.0.9") as session:
                self.check_said(name + ": a client of a local network", "250 2.1.5",
                                session.ask(mail(self.nobody())))
        self.queue_ids()
        self.xclient()

    def domains(self):
        """The check `domain`, at MAIL and at RCPT, by the milter and the socket map.

        Its file is read again on SIGHUP.
        """
        own = world.ROOT + "/instant_reject"
        world.write(own, "# ours\nwrong.com = right.com  # of old\n")
        self.use(self.daemon.policy_text.replace(
            CHECK, 'check { domain { dns: false instant_reject_file: "%s" } }\n%s' % (own, CHECK)))
        typo, old = "did you mean gmail.com?", "did you mean right.com?"
        for name, port, prefix in (("sendmail", SENDMAIL, "<%s>... "),
                                   ("sendmail, maps", SENDERS, "<%s>... "),
                                   ("Postfix", POSTFIX, "")):
            def sender(address):
                return "550 5.1.8 %sSender domain cannot receive mail" % (
                    prefix.replace("%s", address))
            def recipient(address):
                return "550 5.1.2 %sRecipient domain cannot receive mail" % (
                    prefix.replace("%s", address))
            with world.SmtpSession(port) as session:
                for command, right in (
                        ("MAIL FROM:<joe@gmail.con>",
                         "%s, %s." % (sender("joe@gmail.con"), typo)),
                        ("MAIL FROM:<joe@wrong.com>",
                         "%s, %s." % (sender("joe@wrong.com"), old)),
                        ("MAIL FROM:<joe@a.localhost>", sender("joe@a.localhost") + "."),
                        ("MAIL FROM:<>", "250 2.1.0"), ("RSET", "250 2.0.0"),
                        # The world's realm is example.test; the list has *.test.
                        ("MAIL FROM:<%s>" % mail("joe"), "250 2.1.0"),
                        ("RCPT TO:<%s>" % mail("user001"), "250 2.1.5"),
                        ("RCPT TO:<joe@gmail.con>",
                         "%s, %s." % (recipient("joe@gmail.con"), typo))):
                    self.check_said("%s: %s" % (name, command), right,
                                    session.say(command.encode()))
        for words in ("domain reject 550 5.1.8 Sender domain cannot receive mail, " + typo,
                      "domain reject 550 5.1.2 Recipient domain cannot receive mail, " + typo):
            self.wait_for_line(words)
        world.write(own, "other.com\n")
        self.daemon.reload()
        with world.SmtpSession(SENDMAIL) as session:
            self.check_said("after SIGHUP: no more in the file", "250 2.1.0",
                            session.say(b"MAIL FROM:<joe@wrong.com>"))
            session.say(b"RSET")
            self.check_said("... and what is in it now",
                            "550 5.1.8 <joe@other.com>... Sender domain cannot receive mail.",
                            session.say(b"MAIL FROM:<joe@other.com>"))
        self.use(self.daemon.policy_text)

    def queue_ids(self):
        """In the log, and the one that the sender hears."""
        for name, port, first in (("sendmail", SENDMAIL, True), ("Postfix", POSTFIX, False)):
            with world.SmtpSession(port) as session:
                people = [self.somebody() for _ in range(3)]
                _, end = session.deliver(*[mail(each) for each in people])
            words = end.text.split()
            queue_id = words[0] if first else words[-1]
            for person in people[0 if first else 1:]:
                self.wait_for_line("client=127.0.0.1 id=%s to=<%s> pass" % (
                    queue_id, mail(person)))
            if not first:
                self.wait_for_line("client=127.0.0.1 to=<%s> pass" % mail(people[0]))

    def xclient(self):
        """Postfix lets a client that it trusts say who has logged in, and from where."""
        with world.SmtpSession(POSTFIX) as session:
            session.say(b"XCLIENT LOGIN=ann ADDR=192.0.2.77")
            session.say(b"EHLO client.example")
            nobody = mail(self.nobody())
            self.check_said("Postfix: who has logged in", "250 2.1.5", session.ask(nobody))
            self.wait_for_line("client=192.0.2.77 to=<%s> pass [authenticated]" % nobody)

    # ---- broken services ----

    def slapd_hangs(self):
        """Every MTA says so long before it gives its milter up."""
        sessions = {port: world.SmtpSession(port) for port in (SENDMAIL, POSTFIX)}
        for session in sessions.values():
            session.ask(mail("user001"))
        self.slapd.pause()
        for port, session in sessions.items():
            self.check_said("slapd hangs, port %d: existing" % port, LATER + ".",
                            session.ask(mail(self.somebody())), DEADLINE + SLACK)
            self.check_said("slapd hangs, port %d: missing" % port, LATER + ".",
                            session.ask(mail(self.nobody())), DEADLINE + SLACK)
            self.check_said("slapd hangs, port %d: seen" % port, "250 2.1.5",
                            session.ask(mail("user001")))
        self.slapd.resume()
        for port, session in sessions.items():
            world.wait_until(lambda s=session: s.ask(mail(self.nobody())).code == 550, 5,
                             "port %d is right again" % port)
            session.close()

    def slow_directory(self):
        """Fifty at once wait together, not one after the other; nobody waits for them.

        The directory asks for the first ones at once, and for all the others together.
        """
        delay, number = 1.0, 50
        sessions = [self.connect() for _ in range(number)]
        for session in sessions:
            session.begin_session()
            session.begin_message()
        with self.connect() as other:
            other.begin_session()
            other.begin_message()
            other.rcpt(in_brackets("user001"))
            self.ldap.delay = delay
            for _ in range(2):
                begun = time.monotonic()
                for session in sessions:
                    session.send_rcpt(in_brackets(self.nobody()))
                self.check("who is in the cache passes", CONTINUE,
                           other.rcpt(in_brackets("user001")))
                self.within("... and waits for nobody", 0.8 * delay,
                            time.monotonic() - begun)
                said = [session.reply() for session in sessions]
                took = time.monotonic() - begun
                self.check("a slow directory is waited for", {UNKNOWN}, set(said))
                self.within("... by all at the same time", 2 * delay + 0.8, took)
        self.ldap.delay = 0.0
        for session in sessions:
            session.close()

    def daemon_fails(self):
        """Killed, then hung: `later`, until a new session finds it well."""
        ports = {SENDMAIL: "451 4.3.2 Please try again later.",
                 POSTFIX: "451 4.7.1 Service unavailable - try again later."}
        for fault, begin, end, limit in (
                ("killed", self.daemon.kill, self.daemon.start, AT_ONCE),
                ("hung", self.daemon.pause, self.daemon.resume,
                 world.MILTER_TIMEOUT + SLACK)):
            sessions = {port: world.SmtpSession(port) for port in ports}
            for session in sessions.values():
                session.ask(mail("user001"))
            begin()
            # Both MTAs wait at the same time.
            waiting = [threading.Thread(target=self.check_failed, args=(
                "%s, port %d" % (fault, port), port, sessions[port], right, limit))
                       for port, right in ports.items()]
            for thread in waiting:
                thread.start()
            for thread in waiting:
                thread.join()
            if fault == "killed":
                for port, right in ((SENDMAIL_SKIPS, "250 2.1.5"),
                                    (POSTFIX_ACCEPTS, "250 2.1.5"),
                                    (POSTFIX_DEFAULT, ports[POSTFIX])):
                    with world.SmtpSession(port) as session:
                        self.check_said("%s, port %d, other settings" % (fault, port), right,
                                        session.ask(mail(self.nobody())), AT_ONCE)
            end()
            for port, right in ports.items():
                self.check_said("%s, port %d: the open session asks no more" % (fault, port),
                                right, sessions[port].ask(mail("user001")))
                sessions[port].close()
                with world.SmtpSession(port) as session:
                    self.check_said("%s, port %d: a new session is right" % (fault, port),
                                    "550 5.1.1", session.ask(mail(self.nobody())), 4.0)

    def check_failed(self, name, port, session, right, limit):
        self.check_said(name + ": the open session", right, session.ask(mail("user001")),
                        limit)
        self.check_said(name + ": ... once more", right, session.ask(mail(self.nobody())))
        with world.SmtpSession(port) as new:
            self.check_said(name + ": a new session", right, new.ask(mail("user001")), limit)
            self.check_said(name + ": ... once more", right, new.ask(mail(self.nobody())))

    # ---- many sessions ----

    def status_kib(self, field):
        with open("/proc/%d/status" % self.daemon.pid) as status:
            return next(int(line.split()[1]) for line in status
                        if line.startswith(field + ":"))

    def cpu_seconds(self):
        with open("/proc/%d/stat" % self.daemon.pid) as stat:
            ticks = stat.read().rsplit(")", 1)[1].split()[11:13]
        return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")

    def thousand_sessions(self):
        before, threads = self.status_kib("VmRSS"), self.status_kib("Threads")
        sessions = [self.connect() for _ in range(SESSIONS)]
        for session in sessions:
            session.begin_session()
            session.begin_message("Q")
        wrong = 0
        for recipient, right in ((in_brackets("user001"), CONTINUE),
                                 (in_brackets(self.nobody()), UNKNOWN)):
            for session in sessions:
                session.send_rcpt(recipient)
            wrong += sum(session.reply() != right for session in sessions)
        self.check("%d sessions get right answers, all at once" % SESSIONS, 0, wrong)
        more = (self.status_kib("VmRSS") - before) / SESSIONS
        print("    %d sessions: %.1f KiB resident and %.2f threads each" % (
            SESSIONS, more, (self.status_kib("Threads") - threads) / SESSIONS))
        most = MOST_KIB_PER_SESSION + (OF_A_SANITIZER if self.sanitized else 0)
        self.check("memory for each session (KiB)", lambda kib: kib <= most, more)
        used = self.cpu_seconds()
        time.sleep(1)
        self.check("idle sessions cost nothing (seconds of CPU in a second)",
                   lambda seconds: seconds < 0.1, self.cpu_seconds() - used)
        for session in sessions:
            session.close()
        world.wait_until(lambda: self.status_kib("Threads") <= threads, 10,
                         "the sessions' threads have ended")
        print("    %d KiB resident before, %d after" % (before, self.status_kib("VmRSS")))

    def too_many(self):
        """Those beyond max_connections hear `later`, the others their answers."""
        self.use(self.daemon.policy_text)
        self.daemon.stop()
        world.write(self.daemon.policy, self.daemon.policy_text + "max_connections: 10\n")
        self.daemon.start()
        sessions = [self.connect() for _ in range(15)]
        self.check("the eleventh session hears `later`", [CONTINUE] * 10 + [TEMPFAIL] * 5,
                   [session.begin_session() for session in sessions])
        sessions[0].close()
        sessions[0] = self.connect()
        for session in sessions[10:]:
            session.close()
        world.wait_until(lambda: self.begins(), 5, "there is room again")
        for session in sessions:
            session.close()
        self.daemon.stop()
        world.write(self.daemon.policy, self.daemon.policy_text)
        self.daemon.start()

    def begins(self):
        with self.connect() as session:
            return session.begin_session() == CONTINUE

    # ---- SIGTERM ----

    def terminate(self):
        """What is under way is still answered; nobody else is refused for good."""
        with self.connect() as milter, self.connect() as idle:
            for each in (milter, idle):
                each.begin_session()
                each.begin_message()
            self.ldap.delay = 1.0
            milter.send_rcpt(in_brackets(self.nobody()))
            select.select([milter], [], [], 0.2)
            begun = time.monotonic()
            self.daemon.signal(signal.SIGTERM)
            self.check("SIGTERM: what is under way is answered", UNKNOWN, milter.reply())
            self.check("... and then closed", "", milter.reply())
            self.check("... and the others, too", "", idle.reply())
            self.check("... it ends with 0", 0, self.daemon.wait())
            self.within("... in time", 3.0, time.monotonic() - begun)
            self.check("... and its socket is gone", False,
                       os.path.lexists(world.MILTER_SOCKET))
        self.ldap.delay = 0.0
        self.daemon.start()

    def run(self):
        self.play(self.scripts, self.protocol, self.mtas, self.domains,
                  self.slapd_hangs, self.slow_directory, self.daemon_fails, self.thousand_sessions,
                  self.too_many, self.terminate)
        with open(self.daemon.log) as log:
            self.check("the daemon has said nothing else", [], [
                line for line in log if re.search("ERROR: |WARNING: |runtime error", line)])


def main():
    options = report.command_line("The milter, by itself and behind MTAs.", "daemon").parse_args()
    world.enter(postfix=True)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    test = MilterTest(options.daemon)
    test.run()
    return test.finish(options.xml, world.tail(test.daemon.log, 30),
                       world.tail(world.ROOT + "/syslog", 30))


if __name__ == "__main__":
    sys.exit(main())

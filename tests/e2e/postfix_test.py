#!/usr/bin/python3
"""Real Postfix asks mailverdictd, as docs/postfix.md says.

    tests/e2e/postfix_test.py [--daemon FILE] [--xml FILE]

By postmap, and by RCPT: to an smtpd that asks through proxymap from its chroot (as
Debian's does), to one that asks by itself, and for each kind of domain that Postfix
knows. Only what LDAP has proven absent is refused for good; all else that goes wrong is
a 451.
"""

import os
import sys
import time

import report
import world

TABLE = "socketmap:unix:%s:postfix" % world.DAEMON_SOCKET
SENDER_TABLE = TABLE + "-sender"
PROXY, DIRECT, CHROOT, GROUP, LOCAL, VIRTUAL, SENDERS = range(2525, 2532)
HEALED_WITHIN = 5.0
DEADLINE, SLACK = 4.0, 1.5


def mail(local):
    return "%s@%s" % (local, world.DOMAIN)


class PostfixTest(report.Suite):
    """The servers, and the results."""

    def __init__(self, program):
        super().__init__("postfix")
        self.slapd = world.Slapd()
        self.daemon = world.Daemon(program, user=world.POSTFIX_USER)
        direct = {"relay_recipient_maps": TABLE}
        self.postfix = world.Postfix(
            "postfix", {PROXY: ("y", {}), DIRECT: ("n", direct), CHROOT: ("y", direct),
                        GROUP: ("n", direct),
                        SENDERS: ("n", {"smtpd_sender_restrictions":
                                        "check_sender_access " + SENDER_TABLE})},
            relay_domains=world.DOMAIN + " other.test",
            relay_recipient_maps="proxy:" + TABLE, recipient_delimiter="+")
        local = world.Postfix(
            "local", {LOCAL: ("y", {})}, relay_domains="", mydestination=world.DOMAIN,
            local_recipient_maps="proxy:" + TABLE)
        virtual = world.Postfix(
            "virtual", {VIRTUAL: ("y", {})}, relay_domains="",
            virtual_mailbox_domains=world.DOMAIN, virtual_mailbox_maps="proxy:" + TABLE,
            virtual_transport="lmtp:unix:/nowhere")
        for server in (self.slapd, self.daemon, self.postfix, local, virtual):
            server.start()
        self.sessions = {}
        self._numbers = iter(range(10 ** 6))
        self._people = iter(self.slapd.users[10:])

    def nobody(self):
        return mail("nobody%d" % next(self._numbers))

    def somebody(self):
        """Who exists and was not asked for yet: no answer of theirs is kept."""
        return mail(next(self._people))

    def said(self, session, recipient):
        reply = session.ask(recipient)
        return "%d %s %s" % (reply.code, reply.enhanced, reply.text), reply.seconds

    def check_rcpt(self, name, recipient, begins, limit=DEADLINE + SLACK):
        """In a new session and in the open one of each smtpd."""
        for port, open_session in self.sessions.items():
            with world.SmtpSession(port) as new_session:
                for kind, session in (("new", new_session), ("open", open_session)):
                    who = recipient() if callable(recipient) else recipient
                    said, seconds = self.said(session, who)
                    what = "%s, %s, %s session" % (
                        name, "proxymap" if port == PROXY else "direct", kind)
                    self.check(what, lambda text: text.startswith(begins), said, seconds)
                    self.check(what + ", in time", lambda took: took <= limit, seconds,
                               seconds)

    def check_healed(self, name):
        """Right in the sessions that stayed open, within HEALED_WITHIN."""
        deadline = time.monotonic() + HEALED_WITHIN
        for session in self.sessions.values():
            while True:
                said = [self.said(session, self.slapd.users[0] + "@" + world.DOMAIN)[0][:6],
                        self.said(session, self.nobody())[0][:9]]
                if said == ["250 2.", "550 5.1.1"] or time.monotonic() > deadline:
                    break
                # Postfix may say 451, never a wrong 5xx.
                if said[0][0] == "5":
                    break
                time.sleep(0.05)
            self.check(name, ["250 2.", "550 5.1.1"], said)

    # ---- postmap ----

    def postmap(self):
        nobody = self.nobody()
        for key, right in (
                (mail("user000"), (0, "pass")), (mail("USER000"), (0, "pass")),
                (mail("postmaster"), (0, "pass")), (mail("user000+tag"), (0, "pass")),
                ('"user000"@' + world.DOMAIN, (0, "pass")),
                ("x@elsewhere.example", (0, "pass")),
                (nobody, (1, "")), (mail("no body"), (1, "")),
                ('"no body"@' + world.DOMAIN, (1, "")), (mail("b\u00e9"), (1, "")),
                ("user000", (1, "")), ("@" + world.DOMAIN, (1, ""))):
            status, value, complaint = self.postfix.postmap(key, TABLE)
            self.check("postmap %s" % key, right + ("",), (status, value, complaint))

    def postmap_outage(self, name):
        """Status 1 with a complaint: not the "not found" that has none."""
        for key in (self.somebody(), self.nobody()):
            status, value, complaint = self.postfix.postmap(key, TABLE)
            self.check("postmap while " + name, (1, "", True), (
                status, value, "fatal: table " in complaint or "error" in complaint))

    # ---- SMTP ----

    def healthy(self):
        for port in (PROXY, DIRECT):
            self.sessions[port] = world.SmtpSession(port)
        self.check_rcpt("existing", self.somebody, "250 2.1.5")
        self.check_rcpt("missing", self.nobody, "550 5.1.1")
        nobody = self.nobody()
        for port, session in self.sessions.items():
            said, _ = self.said(session, nobody)
            self.check("what the sender hears", "550 5.1.1 <%s>: Recipient address rejected: "
                       "User unknown in relay recipient table" % nobody, said)
        for recipient, begins in (
                (mail("USER000"), "250 "), ('"user000"@' + world.DOMAIN, "250 "),
                (mail("user000+tag"), "250 "), (mail("postmaster"), "250 "),
                ('"no body"@' + world.DOMAIN, "550 5.1.1"),
                ('"no\\"bo\\\\dy"@' + world.DOMAIN, "550 5.1.1"),
                (mail("b\u00e9"), "550 5.1.1"), ("x@other.test", "250 ")):
            self.check_rcpt("healthy: " + recipient, recipient, begins)

    def keys(self):
        """What Postfix asks, as the daemon's log shows it."""
        for number, session in enumerate(self.sessions.values()):
            for local, asked in (("Key%d" % number, "key%d" % number),
                                 ('"a Key%d"' % number, '"a key%d"' % number)):
                self.said(session, mail(local))
                right = "to=<%s> recipient reject 550 5.1.1" % mail(asked)
                begun = time.monotonic()
                while not self.is_logged(right) and time.monotonic() - begun < 5:
                    time.sleep(0.01)
                self.check("asked for " + mail(local), True, self.is_logged(right))

    def is_logged(self, begin):
        with open(self.daemon.log) as log:
            return any(line.startswith(begin) for line in log)

    def from_a_chroot(self):
        with world.SmtpSession(CHROOT) as session:
            for who in (self.somebody(), self.nobody()):
                self.check("a chroot without proxymap does not find the socket", "451 4.3.0",
                           self.said(session, who)[0][:9])

    def wrong_group(self):
        """smtpd and proxymap have Postfix's own group and no other."""
        group = os.stat(world.DAEMON_SOCKET).st_gid
        with world.SmtpSession(GROUP) as session:
            os.chown(world.DAEMON_SOCKET, -1, 0)
            for who in (self.somebody(), self.nobody()):
                self.check("a socket of another group is a 451", "451 4.3.0",
                           self.said(session, who)[0][:9])
            os.chown(world.DAEMON_SOCKET, -1, group)
            self.check("... and right when that is put right", ["250 2.", "550 5."], [
                self.said(session, who)[0][:6] for who in (self.somebody(), self.nobody())])

    def other_classes(self):
        """Domains that are local, or virtual mailboxes."""
        for port, table in ((LOCAL, "local recipient"), (VIRTUAL, "virtual mailbox")):
            with world.SmtpSession(port) as session:
                nobody = self.nobody()
                self.check("existing, %s table" % table, "250 2.",
                           self.said(session, self.somebody())[0][:6])
                self.check("missing, %s table" % table, "550 5.1.1 <%s>: Recipient address "
                           "rejected: User unknown in %s table" % (nobody, table),
                           self.said(session, nobody)[0])
                self.slapd.make_empty()
                for who in (self.somebody(), self.nobody()):
                    self.check("an empty directory, %s table" % table, "451 4.3.0",
                               self.said(session, who)[0][:9])
                self.slapd.make_complete()
                self.sessions = {port: session}
                self.check_healed("right again, %s table" % table)

    def senders(self):
        """check_sender_access: what Postfix says of a sender's domain, at RCPT."""
        listed = ("550 5.1.8 <%s>: Sender address rejected: Sender domain cannot receive "
                  "mail")
        world.write(self.daemon.policy, self.daemon.policy_text + "check { domain { dns: false } }\n")
        self.daemon.reload()
        with world.SmtpSession(SENDERS) as session:
            for sender, right in (
                    ("joe@gmail.con", listed + ", did you mean gmail.com?"),
                    ('"jo e"@a.localhost', listed), ("joe@elsewhere.test.de", "250 "),
                    ("", "250 "), (mail("joe"), "250 "), ("joe@[127.0.0.1]", "250 ")):
                session.say(b"RSET")
                session.say(b"MAIL FROM:<" + sender.encode() + b">")
                reply = session.say(b"RCPT TO:<" + mail("user000").encode() + b">")
                said = "%d %s %s" % (reply.code, reply.enhanced, reply.text)
                right = right.replace("%s", sender.replace('"', ""))
                self.check("sender <%s>" % sender, lambda text, right=right: (
                    text.startswith(right) if right == "250 " else text == right), said)
            self.daemon.kill()
            session.say(b"RSET")
            session.say(b"MAIL FROM:<joe@gmail.con>")
            reply = session.say(b"RCPT TO:<" + mail("user000").encode() + b">")
            self.check("a sender, while the daemon is dead", (451, "4.3.5"),
                       (reply.code, reply.enhanced))
        world.write(self.daemon.policy, self.daemon.policy_text)
        self.daemon.start()

    def outages(self):
        for name, begin, end in (
                ("slapd is stopped", self.slapd.stop, self.slapd.start),
                ("slapd hangs", self.slapd.pause, self.slapd.resume),
                ("the directory is empty", self.slapd.make_empty, self.slapd.make_complete),
                ("access rules hide all", self.slapd.hide_all, self.slapd.make_complete),
                ("the daemon is killed", self.daemon.kill, self.daemon.start)):
            begin()
            self.check_rcpt("existing, while " + name, self.somebody, "451 4.3.0")
            self.check_rcpt("missing, while " + name, self.nobody, "451 4.3.0")
            if name in ("the directory is empty", "the daemon is killed"):
                self.postmap_outage(name)
            end()
            self.check_healed("right again in an open session, after " + name)

    def run(self):
        self.play(self.postmap, self.healthy, self.keys, self.from_a_chroot,
                  self.wrong_group, self.senders, self.outages, self.other_classes)


def main():
    options = report.command_line("Real Postfix asks mailverdictd.", "daemon").parse_args()
    world.enter(postfix=True)
    test = PostfixTest(options.daemon)
    test.run()
    return test.finish(options.xml, world.tail(test.daemon.log, 30),
                       world.tail(world.ROOT + "/syslog", 30))


if __name__ == "__main__":
    sys.exit(main())

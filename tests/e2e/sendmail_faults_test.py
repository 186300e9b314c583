#!/usr/bin/python3
"""Our FEATURE against a socket map server that misbehaves.

    tests/e2e/sendmail_faults_test.py [--xml FILE]

A scripted server stands in for mailverdictd: it is cut off after every byte, hangs,
lies, speaks nonsense. Whatever it does, sendmail may say 5xx only after a whole,
well-formed `reject`. What sendmail asks is compared byte for byte, too.
"""

import os
import re
import socket
import sys
import threading
import time

import report
import world

PATH = world.DAEMON_SOCKET
INET = ("127.0.0.1", 7777)
USER = "user@" + world.DOMAIN
PASS = b"OK pass"
DEFER = b'OK defer:4.3:"Directory unsure, try again later"'
REJECT = b'OK reject:1.1:550:"User unknown"'
UNKNOWN = USER + ">... User unknown"    # sendmail adds the address
CANNOT = "451 4.3.0 Mail cannot be checked now, try again later"


def softly(said):
    """A temporary refusal; of a broken reply sendmail itself says what is wrong."""
    return said.startswith("451 4.")


def netstring(data):
    return b"%d:%s," % (len(data), data)


class ScriptedMap:
    """A socket map server that does as it is told, and remembers what it was asked.

    reply: the bytes sent for a request, None to hang. then: "stay" or "close".
    """

    def __init__(self, family, address):
        self.requests = []
        self.obey(netstring(PASS))
        self._listener = socket.socket(family, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(address)
        if family == socket.AF_UNIX:
            os.chmod(address, 0o666)
        self._listener.listen(16)
        self._address = address
        threading.Thread(target=self._accept, daemon=True).start()

    def obey(self, reply, then="stay"):
        self.reply, self.then = reply, then
        del self.requests[:]

    def vanish(self):
        """Refuses new connections, as a server does that has died."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        os.unlink(self._address)

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, connection.makefile("rb") as stream:
            while True:
                length = b""
                while not length.endswith(b":"):
                    byte = stream.read(1)
                    if not byte:
                        return
                    length += byte
                self.requests.append(stream.read(int(length[:-1])))
                stream.read(1)
                if self.reply is not None:
                    connection.sendall(self.reply)
                if self.then == "close":
                    return


class FaultsTest(report.Suite):
    """The scripted servers, the sendmails that ask them, and the results."""

    def __init__(self):
        super().__init__("sendmail_faults")
        os.makedirs(os.path.dirname(PATH))
        self.map = ScriptedMap(socket.AF_UNIX, PATH)
        self.inet = ScriptedMap(socket.AF_INET, INET)
        self.plain = world.Sendmail(
            "plain", 2525, "FEATURE(`mailverdict', `unix:%s', `1s')dnl" % PATH)
        self.site = world.Sendmail(
            "site", 2526,
            "DAEMON_OPTIONS(`Name=MSA, Family=inet, Addr=127.0.0.1, Port=2587')dnl\n"
            "FEATURE(`delay_checks')dnl\nFEATURE(`mailverdict', `inet:7777@127.0.0.1')dnl",
            'SLocal_check_rcpt\nR<site @ $*>\t$#error $@ 5.7.1 $: "550 site rule"')
        self.asking = world.Sendmail(
            "asking", 2527,
            "DAEMON_OPTIONS(`Name=MSA, Family=inet, Addr=127.0.0.1, Port=2588')dnl\n"
            "LOCAL_RULESETS\nSLocal_check_rcpt\nR$*\t$: $>CanonAddr $1\n"
            "FEATURE(`mailverdict', `inet:7777@127.0.0.1', `', `ask')dnl")
        self.senders = world.Sendmail(
            "senders", 2528,
            "FEATURE(`mailverdict', `unix:%s', `1s', `', `senders')dnl" % PATH)
        self.clients = world.Sendmail(
            "clients", 2529,
            "DAEMON_OPTIONS(`Name=MSA, Family=inet, Addr=127.0.0.1, Port=2589')dnl\n"
            "FEATURE(`mailverdict', `unix:%s', `1s', `', `senders,client')dnl" % PATH)
        for gateway in (self.plain, self.site, self.asking, self.senders, self.clients):
            gateway.start()

    def ask(self, recipient=USER, port=2525, sender="sender@elsewhere.example", **where):
        """A new session asks once; returns "CODE X.Y.Z text" and the seconds."""
        with world.SmtpSession(port, **where) as session:
            reply = session.ask(recipient, sender)
        return "%d %s %s" % (reply.code, reply.enhanced, reply.text), reply.seconds

    def check_reply(self, name, reply, right, then="stay"):
        """What becomes of the server's bytes."""
        self.map.obey(reply, then)
        said, seconds = self.ask()
        self.check(name, right, said, seconds)

    # ---- replies ----

    def whole_replies(self):
        for data, right in (
                (PASS, lambda said: said.startswith("250 2.1.5 ")),
                (DEFER, "451 4.4.3 Directory unsure, try again later"),
                (b"OK defer:4.3:Directory unsure", "451 4.4.3 Directory unsure"),
                (REJECT, "550 5.1.1 <" + UNKNOWN),
                (b"OK reject:1.1:550:User unknown", "550 5.1.1 <" + UNKNOWN),
                (b'OK reject:1.10:556:"Null MX"', "556 5.1.10 Null MX"),
                (b'OK reject:7.27:550:"Null MX"', lambda said: said.startswith(
                    "550 5.7.27 ") and said.endswith("Null MX"))):
            self.check_reply("whole: %r" % data, netstring(data), right)

    def cut_replies(self):
        """Cut after every byte: by closing, and once in each part by hanging."""
        for data in (PASS, DEFER, REJECT):
            whole = netstring(data)
            for length in range(len(whole)):
                self.check_reply("%r cut after %d bytes" % (whole, length),
                                 whole[:length], softly, then="close")
        whole = netstring(REJECT)
        for length in (0, 1, 2, 3, 5, 15, len(whole) - 1):
            self.map.obey(whole[:length] or None)
            said, seconds = self.ask()
            self.check("%r hangs after %d bytes" % (whole, length), softly, said, seconds)
            self.check("... and not for longer than -d says: %d" % length,
                       lambda took: 0.9 < took < 2.5, seconds, seconds)

    def other_replies(self):
        """What is no verdict is a 451."""
        for data in (b"TEMP down", b"TIMEOUT slow", b"NOTFOUND ", b"NOTFOUND", b"PERM no",
                     b"PERM", b"FOO bar", b"OK ", b"OK  ", b"OK (x)", b"OK %", b"OK yes",
                     b"OK unknown", b"OK 550 5.1.1 User unknown",
                     b"OK reject", b"OK reject:", b"OK reject:1.1:550", b"OK reject:1.1:550:",
                     b"OK reject:1:550:no", b"OK rejected:1.1:550:no",
                     b"OK pass reject:1.1:550:no", b"OK defer", b"OK defer:4.3", b"OK passed",
                     b"OK reject:1.1:450:no", b"OK reject:1.1:250:no", b"OK reject:1.1:421:no",
                     b"OK reject:1.1:5500:no", b"OK reject:1.1:abc:no",
                     b"OK <TMPF>", b"OK reject:1.1:550:<TMPF>",
                     b"OK \x91error\x92 5.1.1 \x93 550 User unknown",
                     b"OK $#error $@ 5.1.1 $: 550 User unknown", b"", b" ", b"\0"):
            self.check_reply("no verdict: %r" % data, netstring(data), CANNOT)
        for reply in (b"OK pass", b"OK pass\n", b"x", b",", b"abc:OK pass,", b"-1:OK pass,",
                      b"4294967303:OK pass,", b"99999999999999999999:OK pass,",
                      b"8:OK pass,", b"6:OK pass,", b"7:OK pass;", b"7OK pass,",
                      b"\xff\xfe", b"HTTP/1.1 200 OK\r\n\r\n"):
            self.check_reply("no netstring: %r" % reply, reply, softly, then="close")

    def hostile_texts(self):
        """Whatever a defer's text says, it is a 451."""
        for text in (b"550 5.1.1 User unknown", b'"550 5.1.1 User unknown"',
                     b'"550-5.1.1 no"', b'"a" $#error $@ 5.1.1 $: "550 b"', b"%0 %1 %9 %% %",
                     b'"100%% (of it) <all>; [x] {y}"', b"(comment) x", b"a\r\n550 5.1.1 b",
                     b'"a\r\n550 5.1.1 b"', b"\x93 550 x", b'"\x91\x92\x93"', b"\xff\xfe",
                     b"<a> b", b"x\\", b'""', b"reject:1.1:550:no", b"5", b"."):
            for status in (b"4.3", b"3.0", b"x.y", b"1.99"):
                self.check_reply("defer %r with %r" % (status, text),
                                 netstring(b"OK defer:" + status + b":" + text),
                                 softly)
        for status in (b"5.1.1", b"", b"1", b"1.1.1", b"-1.1"):
            self.check_reply("defer with the status %r" % status,
                             netstring(b"OK defer:" + status + b":550 no"),
                             softly)

    def beyond_the_rules(self):
        """What sendmail does before any rule runs: mailverdictd must never send these.

        Known and documented; should a later sendmail be kinder, these tests tell.
        """
        for text in (b'"open', b"(open", b"close)", b"<open", b"close>", b"x" * 257):
            self.check_reply("sendmail itself refuses %r" % text[:20],
                             netstring(b"OK defer:4.3:" + text),
                             lambda said: said.startswith("553 "))
        self.check_reply("OK without a blank ends sendmail's process", netstring(b"OK"),
                         lambda said: said.startswith("0 "))

    # ---- connections ----

    def dead_server(self):
        """A server that is away: 451; sendmail gives it up until the session ends."""
        self.map.obey(netstring(PASS))
        with world.SmtpSession(2525) as before:
            before.ask(USER)
            self.map.vanish()
            self.map.obey(netstring(PASS), then="close")
            said, seconds = self.ask()
            self.check("nobody listens", CANNOT, said, seconds)
            with world.SmtpSession(2525) as poisoned:
                poisoned.ask(USER)
                self.map = ScriptedMap(socket.AF_UNIX, PATH)
                self.check("a session that was refused stays 451", 451,
                           poisoned.ask(USER).code)
            self.check("a new session is right again", 250, int(self.ask()[0][:3]))
        self.map.obey(netstring(PASS), then="close")
        with world.SmtpSession(2525) as session:
            session.ask(USER)
            self.check("one 451 after a server's restart", 451, session.ask(USER).code)
            self.check("... and no more", 250, session.ask(USER).code)

    # ---- keys ----

    def check_key(self, name, recipient, asked, resolved=None, client=b"127.0.0.1", auth=b"",
                  scripted=None, **where):
        """The request for a recipient, to the byte; the queue id may be anything.

        `resolved`: what sendmail makes of it, if that is not `asked`.
        """
        scripted = scripted or self.map
        scripted.obey(netstring(PASS))
        self.ask(recipient, **where)
        self.check(name, [b"rcpt %s,resolved=<%s>,sender=<sender@elsewhere.example>,client=<%s>,"
                          b"id=<ID>,auth=<%s>,;" % (
                              asked, asked if resolved is None else resolved, client, auth)],
                   without_ids(scripted.requests))

    def keys(self):
        for address in ("user@example.test", '"quo ted"@example.test',
                        "user+tag@example.test", "User.Name@Example.Test",
                        '"a,client=<1>"@example.test', '"a>,;"@example.test',
                        '"back\\\\slash \\"q\\""@example.test', '"(no comment)"@example.test',
                        "o'neil@example.test", "a=b&c|d*e@example.test", "%1%0@example.test",
                        "user%other@example.test", "a!b/c@example.test",
                        "postmaster", "reject:1.1:550:x@example.test",
                        "a" * 100 + "." + "b" * 100 + "@" + "c" * 38 + ".example.test"):
            self.check_key("key of " + address[:60], address, address.encode())
        for address, resolved in (("@a.test,@b.test:user@example.test", USER),
                                  ("user@example.test.", USER), ("user@[127.0.0.1]", "user"),
                                  ("user%example.test@gw.example.test", USER),
                                  ("example.test!user", USER)):
            self.check_key("key of " + address, address, address.encode(), resolved.encode())
        self.check_key("key with 8-bit bytes", b"b\xc3\xa9@example.test",
                       b"b\xc3\xa9@example.test")
        for byte in range(0x80, 0xa0):    # sendmail's own marks for rules
            said, _ = self.ask(b"a" + bytes([byte]) + b"b@example.test")
            self.check("no mark for rules gets into a key: %#x" % byte, "501", said[:3])
        self.map.obey(netstring(REJECT))
        said, _ = self.ask("a" * 300 + "@example.test")
        self.check("an over-long recipient is sendmail's own 553", "553", said[:3])
        self.check("... and no question", [], self.map.requests)
        said, _ = self.ask("")
        self.check("RCPT TO:<> is sendmail's own 553", "553", said[:3])
        self.check("... and no question, either", [], self.map.requests)
        if world.has_ipv6():
            self.check_key("key of an IPv6 client", USER, USER.encode(), host="::1",
                           client=b"IPv6:0:0:0:0:0:0:0:1")
        else:
            self.results.skip("key of an IPv6 client", "there is no IPv6 here")

    def senders_in_keys(self):
        """At RCPT the sender is told, too, as sendmail has read it."""
        for sender, told in (
                ("", ""), ("Joe+tag@B.Test", "Joe+tag@B.Test"),
                ('"quo ted"@b.test', '"quo ted"@b.test'),
                ('"a,sender=<x>"@b.test', '"a,sender=<x>"@b.test'),
                ('"a>,;"@b.test', '"a>,;"@b.test'), ("a\\,b@b.test", "a\\,b@b.test"),
                ("@a.test,@c.test:joe@b.test", "joe@b.test"), ("joe@b.test.", "joe@b.test")):
            self.map.obey(netstring(PASS))
            self.ask(sender=sender)
            self.check("key with the sender <%s>" % sender,
                       [b"rcpt %s,resolved=<%s>,sender=<%s>,client=<127.0.0.1>,id=<ID>,auth=<>,;"
                        % (USER.encode(), USER.encode(), told.encode())],
                       without_ids(self.map.requests))

    def client_words(self):
        """-T puts the key before <TMPF>: the client's words must not be a verdict."""
        for address in ("reject:1.1:550:x@example.test", "pass@example.test", '"pass"', "pass",
                        '"a(b"@example.test', '"a<b"@example.test', "a\\@example.test",
                        "%1%2%9@example.test", "a." * 117 + "a@example.test"):
            self.map.obey(netstring(b"TEMP down"))
            self.check("a failure, for " + address[:60], CANNOT, self.ask(address)[0])
            if "@" in address and "\\" not in address:
                self.check("a failure, from " + address[:60], CANNOT,
                           self.ask(sender=address)[0])

    # ---- senders ----

    def mail(self, sender):
        """A new session says MAIL; returns "CODE X.Y.Z text"."""
        with world.SmtpSession(2528) as session:
            reply = session.say(b"MAIL FROM:<" + sender.encode() + b">")
        return "%d %s %s" % (reply.code, reply.enhanced, reply.text)

    def at_mail(self):
        """With `senders' the same words count at MAIL."""
        listed = b'OK reject:1.8:550:"No such domain, did you mean a.test?"'
        for data, right in (
                (PASS, "250 2.1.0 <joe@b.test>... Sender ok"),
                (DEFER, "451 4.4.3 Directory unsure, try again later"),
                (listed, "550 5.1.8 <joe@b.test>... No such domain, did you mean a.test?"),
                (b"TEMP down", CANNOT), (b"NOTFOUND ", CANNOT), (b"PERM no", CANNOT),
                (b"OK no", CANNOT), (b"OK reject:1.8:450:no", CANNOT)):
            self.map.obey(netstring(data))
            self.check("MAIL: %r" % data, right, self.mail("joe@b.test"))
        self.map.obey(None)
        self.check("MAIL: a server that hangs", softly, self.mail("joe@b.test"))
        for sender in ("joe@b.test", '"quo ted"@b.test', "Joe+tag@B.Test", "root",
                       "reject:1.8:550:x@b.test", "joe@[127.0.0.1]"):
            self.map.obey(netstring(PASS))
            self.mail(sender)
            self.check("key of " + sender, [b"mail %s,client=<127.0.0.1>,id=<ID>,auth=<>,;"
                                            % sender.encode()],
                       without_ids(self.map.requests))
        self.map.obey(netstring(listed))
        self.check("MAIL FROM:<>", "250 2.1.0 <>... Sender ok", self.mail(""))
        self.check("... without a question", [], self.map.requests)
        self.check("a recipient is asked about as ever", "550 5.1.8", self.ask(
            port=2525)[0][:9])
        self.map.obey(netstring(PASS))
        self.ask(port=2525)
        self.check("without `senders' only the recipient", [b"rcpt"],
                   [each[:4] for each in self.map.requests])

    # ---- clients ----

    def at_connect(self, data, then="stay"):
        """What a client hears to EHLO when that is said at connect, and how late."""
        self.map.obey(data, then)
        begun = time.monotonic()
        with socket.create_connection(("127.0.0.1", 2529), timeout=30) as client:
            with client.makefile("rwb") as stream:
                greeting = stream.readline().decode()
                stream.write(b"MAIL FROM:<joe@b.test>\r\n")
                self.map.obey(netstring(PASS))
                stream.flush()
                said = greeting[:4] + stream.readline().decode().rstrip()
        return said, time.monotonic() - begun

    def clients_at_connect(self):
        """With `client' only a verdict stops a client; RCPT is asked as ever."""
        fine = "220 250 2.1.0 <joe@b.test>... Sender ok"
        listed = b'OK reject:7.1:554:"Listed, see a.test"'
        for data, right in (
                (PASS, fine), (b"TEMP down", fine), (b"NOTFOUND ", fine), (b"PERM no", fine),
                (b"OK no", fine), (b"TIMEOUT late", fine), (b"OK <TMPF>", fine)):
            self.check("connect: %r" % data, right, self.at_connect(netstring(data))[0])
        for data in (b"", b"9:OK", b"no netstring"):
            self.check("connect: %r and gone" % data, fine, self.at_connect(data, "close")[0])
        said, seconds = self.at_connect(None)
        self.check("connect: a server that hangs", fine, said, seconds)
        self.within("... costs the FEATURE's time once", 2.0, seconds)
        self.check("connect: a deferral", lambda said: "451" in said and "550" not in said,
                   self.at_connect(netstring(DEFER))[0])
        self.check("connect: a rejection", lambda said: said.endswith("Listed, see a.test"),
                   self.at_connect(netstring(listed))[0])
        self.map.obey(netstring(PASS))
        self.ask(port=2529)
        self.check("who connects, from whom, to whom", [
            b"client ,client=<127.0.0.1>,id=<>,auth=<>,;",
            b"mail sender@elsewhere.example,client=<127.0.0.1>,id=<ID>,auth=<>,;",
            b"rcpt %s,resolved=<%s>,sender=<sender@elsewhere.example>,client=<127.0.0.1>,id=<ID>,"
            b"auth=<>,;" % (USER.encode(), USER.encode())], without_ids(self.map.requests))
        self.map.obey(netstring(listed))
        self.check("the MSA's clients pass", "250", self.ask(port=2589)[0][:3])
        self.check("... without a question", [], self.map.requests)

    # ---- the site around ----

    def site_rules(self):
        self.inet.obey(netstring(REJECT))
        self.check("over TCP, with delay_checks", "550 5.1.1 <" + UNKNOWN,
                   self.ask(port=2526)[0])
        self.inet.obey(netstring(PASS))
        self.check("the site's own rule runs after a pass",
                   "550 5.7.1 <site@example.test>... site rule",
                   self.ask("site@example.test", port=2526)[0])
        self.check("... and lets others through", "250", self.ask(port=2526)[0][:3])
        self.check("pass is no permission to relay", "550 5.7.1",
                   self.ask("user@elsewhere.example", port=2526, source="127.0.0.2")[0][:9])
        self.check_key("a canonical workspace is understood", USER, USER.encode(),
                       scripted=self.inet, port=2527)

    def submission(self):
        self.inet.obey(netstring(REJECT))
        self.check("the MSA passes", "250", self.ask(port=2587)[0][:3])
        self.check("... without a question", [], self.inet.requests)
        self.check_key("with `ask' the MSA asks", USER, USER.encode(), scripted=self.inet,
                       port=2588)
        for gateway, right in ((self.site, []),
                               (self.asking, [b"rcpt %s,resolved=<>,sender=<>,client=<192.0.2.1>,"
                                              b"id=<ID>,auth=<CRAM-MD5>,;"
                                              % USER.encode()])):
            self.inet.obey(netstring(PASS))
            world.run([world.SENDMAIL, "-bt", "-C", gateway.cf], "try a ruleset", input=(
                ".D{client_addr}192.0.2.1\n.D{auth_type}CRAM-MD5\ncheck_rcpt <%s>\n" % USER))
            self.check("somebody who has logged in, %s" % gateway.name, right,
                       without_ids(self.inet.requests))

    def configuration(self):
        default = world.Sendmail("default", 2530, "FEATURE(`mailverdict')dnl")
        with open(default.cf) as cf:
            line = "Krcpt socket -f -q -d5s -T<TMPF> unix:/run/mailverdict/socketmap\n"
            self.check("the K line by default", True, line in cf.readlines())
        # The sample, and Debian's OSTYPE, name the kit where the package puts it; here it
        # may be unpacked elsewhere.
        with open(os.path.join(os.path.dirname(world.FEATURE_FILE), "sample.mc")) as file:
            sample = file.read().replace("/usr/share/sendmail/cf", world.SENDMAIL_CF).replace(
                "OSTYPE(`debian')", "OSTYPE(`linux')")
        self.check("sample.mc makes a configuration", True, line in world.run(
            ["m4", "-D_CF_DIR_=%s/cf/" % world.ROOT, "-"], "m4",
            input=sample).splitlines(True))
        for argument in ("`inet:7777@[127.0.0.1]'", "`', `', `aks'",
                         "`', `', `', `sender'", "`', `', `', `senders,clients'"):
            try:
                world.Sendmail("bad%d" % len(argument), 2531,
                               "FEATURE(`mailverdict', %s)dnl" % argument)
                error = "no error"
            except world.WorldError as refused:
                error = str(refused)
            self.check("a wrong argument is refused: " + argument,
                       lambda said: "*** ERROR: FEATURE(" in said, error)

    def run(self):
        self.play(self.whole_replies, self.cut_replies, self.other_replies,
                  self.hostile_texts, self.beyond_the_rules, self.dead_server, self.keys,
                  self.senders_in_keys, self.client_words, self.at_mail,
                  self.clients_at_connect, self.site_rules, self.submission,
                  self.configuration)


def without_ids(requests):
    return [re.sub(rb",id=<[0-9A-Za-z]+>,", b",id=<ID>,", request) for request in requests]


def main():
    options = report.command_line(
        "Our sendmail FEATURE against a socket map server that misbehaves.").parse_args()
    world.enter()
    test = FaultsTest()
    test.run()
    return test.finish(options.xml)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
"""Real MTAs deliver to real mailboxes through mailverdict-deliver.

    tests/e2e/local_delivery_test.py --daemon FILE --deliver FILE [--parts NAME ...]

sendmail and Postfix, mail.local, procmail, dovecot-lda and Dovecot's LMTP, with the users
in LDAP. The directory of the mailbox host breaks, while the gateway's knows everybody: then
mail for who exists waits, and comes once when all is well again; who does not exist is
bounced once, by proof only. Beside it the same hosts without us: shown, never judged.
"""

import collections
import concurrent.futures
import itertools
import os
import pwd
import re
import shutil
import smtplib
import socket
import sys
import threading
import time

import mailbox_host
import report
import world

FIRST_TRY = 15.0     # seconds for an MTA to have tried; by LMTP none has while slapd hangs
ARRIVES = 20.0       # after healing
DELIVER = world.ROOT + "/mailverdict-deliver"
DOCUMENT = os.path.join(os.path.dirname(__file__), "../../docs/local_delivery.md")
PROXY_SOCKET, PROXY_PORT = world.ROOT + "/lmtp", 2425
DEFERRING_PORT = 2426
LOCAL_USERS = range(200, 240)     # in /etc/passwd, too, as virtual users are not

PROGRAM_MAILER = """\
define(`LOCAL_MAILER_PATH', `%s')dnl
define(`LOCAL_MAILER_ARGS', `%s')dnl
define(`LOCAL_MAILER_FLAGS', `SPn9')dnl
MODIFY_MAILER_FLAGS(`LOCAL', `%s')dnl
MAILER(`local')dnl"""
LMTP_MAILER = """\
define(`confLOCAL_MAILER', `cyrusv2')dnl
define(`CYRUSV2_MAILER_ARGS', `%s')dnl
MAILER(`cyrusv2')dnl"""
PIPE_SERVICE = """\
mda unix - n n - - pipe
  flags=DRhu user=vmail:vmail null_sender= argv=%s
"""
NOBODY = "nobody%03d-%d"          # a new one each time: who was absent is remembered
STATUS_SCRIPT = world.ROOT + "/status"
STATUS_TEXT = """\
cat >/dev/null
case $1 in
  sig*) kill -${1#sig} $$; exit 1 ;;   # the MTA may have it ignored
  *) exit ${1#s} ;;
esac
"""
MAP_SOCKET = "/run/mailverdict/local"
MAP_RULES = """\
SLocal_check_rcpt
R$*\t$: $>CanonAddr $1
R$+ < @ %s . > $*\t$: <$(local $1@%s $: MISSING $)>
R<$* <TMPF>>\t$#error $@ 4.3.0 $: "451 User cannot be checked now"
R<MISSING>\t$#error $@ 5.1.1 $: "550 User unknown"
""" % (world.DOMAIN, world.DOMAIN)
STEPS = ("the greeting", "LHLO", "MAIL", "RCPT", "DATA", "the final dot", "QUIT")
DEATH_WITHIN, STATUSES_WITHIN = 10.0, 200.0
LARGE_BYTES = 100 << 20
EXISTS = "user100"
# (step, what a mailbox server says there, who the message is for: None is somebody new who
# does not exist; "4" if it has to wait, "5" if a bounce is right)
REFUSALS = (
    ("greeting", "500 database is away", EXISTS, "4"),
    ("greeting", "554-no service\n554 5.3.2 not today", EXISTS, "4"),
    ("greeting", "354 go on", EXISTS, "4"),
    ("LHLO", "550 5.1.1 no", EXISTS, "4"),
    ("MAIL", "554 5.3.0 broken", EXISTS, "4"),
    ("MAIL", "354 go on", EXISTS, "4"),
    ("MAIL", "552 5.3.4 too big", EXISTS, "5"),
    ("RCPT", "511 no", EXISTS, "4"),
    ("RCPT", "503 5.5.1 need MAIL", EXISTS, "4"),
    ("RCPT", "450 5.1.1 no", EXISTS, "4"),
    ("RCPT", "511 no", None, "5"),
    ("DATA", "500 what", EXISTS, "4"),
    ("DATA", "250 ok", EXISTS, "4"),
    ("message", "511 no", EXISTS, "4"),
    ("message", "550-5.1.1 no\n550 such", EXISTS, "4"),
    ("message", "554 5.3.0 broken", EXISTS, "4"),
    ("message", "550 mailbox unavailable", EXISTS, "4"),
    ("message", "221 2.0.0 shutting down", EXISTS, "4"),
    ("message", "511 no", None, "5"),
    ("message", "550 No Message-ID header provided", EXISTS, "5"))
OURS = ("unless-proven", "always-defer")
# One message goes to these: the program behind us ends as its recipient's name says.
SIGNALS = range(1, 32)
STOPPING = {"sig%d" % number for number in range(19, 23)}
STATUS_USERS = ["s%d" % status for status in range(256)] + [
    "sig%d" % number for number in SIGNALS]


class Path:
    """One way from an MTA into a mailbox.

    unknown: what we are told; None is without us. local: its MTA looks users up in
    /etc/passwd. bounces: an absence that is proven is bounced. number: its users' number.
    """

    _numbers = itertools.count(10)

    def __init__(self, name, mta, unknown=None, local=False):
        self.name = name
        self.mta = mta
        self.unknown = unknown
        self.bounces = unknown == "unless-proven"
        self.number = next(self._numbers) + (LOCAL_USERS[0] if local else 0)

    def __str__(self):
        return "%s, %s" % (self.name, self.unknown or "without us")


def wrapped(program, unknown, *options):
    """A command line, behind us if `unknown` says how."""
    if unknown is None:
        return program
    return " ".join((DELIVER, "--unknown", unknown, "--domain", world.DOMAIN,
                     "--timeout", "8s") + options + ("--", program))


def documented(section, mta):
    """What a section of docs/local_delivery.md tells an MTA's postmaster to write."""
    with open(DOCUMENT) as file:
        text = file.read().partition("\n## %s\n" % section)[2].partition("\n## ")[0]
    found = re.search(r"^%s\b.*?:\n\n((?:    .*\n)+)" % mta, text, re.MULTILINE)
    if found is None:
        raise world.WorldError("%s: nothing for %s in %s" % (DOCUMENT, mta, section))
    block = re.sub("^    ", "", found.group(1), flags=re.MULTILINE)
    for ours, theirs in ((DELIVER, "/usr/bin/mailverdict-deliver"),
                         (world.DOMAIN, "example.org"),
                         (PROXY_SOCKET, "/run/mailverdict/lmtp")):
        block = block.replace(theirs, ours)
    return block


class Paths:
    """All ways, ours and, the same without us, others'. Each MTA has two ports."""

    def __init__(self):
        self._ports = itertools.count(2530, 2)

    def all(self):
        return list(itertools.chain(self._sendmails(), self._postfixes()))

    def _sendmails(self):
        # mail.local says "user unknown" by another exit status than the others.
        for name, program, stock_flags, unknowns, options in (
                ("mail.local", mailbox_host.MAIL_LOCAL + " -d $u", "-m", OURS[:1],
                 ("--unknown-status", "69")),
                ("procmail", mailbox_host.PROCMAIL + " -d $u", "-m", OURS[:1], ()),
                ("dovecot-lda", mailbox_host.DOVECOT_LDA + " -f $g -d $u", "-wm", OURS, ())):
            for unknown in (None,) + unknowns:
                command = wrapped(program, unknown, "--recipient", "$u", *options)
                yield self._sendmail(name, unknown, PROGRAM_MAILER % (
                    command.split()[0], command, "-wm" if unknown else stock_flags))
        for unknown, where in ((None, "TCP [127.0.0.1] %d" % mailbox_host.LMTP_PORT),
                               ("unless-proven", "FILE " + PROXY_SOCKET),
                               ("always-defer", "TCP [127.0.0.1] %d" % DEFERRING_PORT)):
            yield self._sendmail("LMTP", unknown, LMTP_MAILER % where)
        for section in ("A program", "LMTP"):
            yield self._sendmail(section + ", as documented", "unless-proven", documented(
                section, "sendmail") + "MAILER(`local')dnl")

    def _sendmail(self, name, unknown, features):
        return Path("sendmail, " + name, mailbox_host.Sendmail(
            mta_name("sendmail", name, unknown), next(self._ports), features), unknown)

    def _postfixes(self):
        lda = mailbox_host.DOVECOT_LDA
        for unknown in (None, "unless-proven"):
            yield self._postfix("pipe(8) dovecot-lda", unknown, **virtual(
                "mda", services=PIPE_SERVICE % (wrapped(
                    lda, unknown, "--recipient", "${recipient}")
                    + " -f ${sender} -d ${user}")))
            yield self._postfix("local(8) dovecot-lda", unknown, local=True,
                                mailbox_command=wrapped(
                                    lda + ' -f "$SENDER" -d "$USER"', unknown))
            yield self._postfix("LMTP mailbox_transport", unknown, mailbox_transport=(
                "lmtp:unix:" + (PROXY_SOCKET if unknown else mailbox_host.LMTP_SOCKET)))
        for unknown, port in ((None, mailbox_host.LMTP_PORT), ("unless-proven", PROXY_PORT),
                              ("always-defer", DEFERRING_PORT)):
            yield self._postfix("LMTP virtual_transport", unknown,
                                **virtual("lmtp:inet:127.0.0.1:%d" % port))
        name, _, value = documented("A program", "Postfix").strip().partition(" = ")
        yield self._postfix("local(8), as documented", "unless-proven", local=True,
                            **{name: value})
        yield self._postfix("local(8), users by NSS", None)

    def _postfix(self, name, unknown, local=False, **parameters):
        return Path("Postfix, " + name, mailbox_host.Postfix(
            mta_name("postfix", name, unknown), next(self._ports), **parameters), unknown,
            local=local)


def virtual(transport, **more):
    """A domain whose users have no accounts."""
    return dict(more, mydestination="", virtual_mailbox_domains=world.DOMAIN,
                virtual_transport=transport)


def mta_name(*words):
    """Words as the name of a folder."""
    return "-".join(re.sub("[^a-z.]+", "-", word.lower()) for word in words if word)


class Message:
    """One mail on its way, for one person who exists or does not."""

    def __init__(self, path, exists, token, refused):
        self.path = path
        self.exists = exists
        self.token = token
        self.refused = refused      # what SMTP said instead of taking it, or None
        self.during = []            # what the MTA had said of it when the fault ended


class LocalDeliveryTest(report.Suite):
    """The servers, and the results."""

    def __init__(self, daemon, deliver):
        super().__init__("local_delivery")
        self.gateway_slapd = world.Slapd()
        self.slapd = mailbox_host.Directory()
        self.nslcd = mailbox_host.Nslcd()
        self.dovecot = mailbox_host.Dovecot()
        self.sink = mailbox_host.Sink()
        self.mailboxes = mailbox_host.Mailboxes()
        self.log = mailbox_host.MailLog()
        # Who delivers mail is no member of the MTA's group.
        self.daemon = world.Daemon(daemon, mode="0666")
        self.add_accounts()
        # A copy, since a build may replace the program while it is used here.
        shutil.copy(deliver, DELIVER)
        self.numbers = itertools.count()    # of the messages
        self.pool = concurrent.futures.ThreadPoolExecutor(50)
        self.messages = []
        self.played = 0          # situations
        self.paths = Paths().all()
        self.proxies = self.make_proxies()
        for server in [self.gateway_slapd, self.slapd, self.nslcd, self.dovecot]:
            server.start()
        self.at_once(lambda server: server.start(), [self.daemon] + self.proxies + [
            path.mta for path in self.paths])

    def at_once(self, work, things):
        return list(self.pool.map(work, things))

    def make_proxies(self):
        return [mailbox_host.Deliver("proxy-" + name, DELIVER, "--lmtp", where, "--backend",
                                     "unix:" + mailbox_host.LMTP_SOCKET, "--domain",
                                     world.DOMAIN, "--mode", "0666", *options)
                for name, where, options in (
                    ("unix", "unix:" + PROXY_SOCKET, ()),
                    ("inet", "inet:127.0.0.1:%d" % PROXY_PORT, ()),
                    ("defer", "inet:127.0.0.1:%d" % DEFERRING_PORT,
                     ("--unknown", "always-defer")))]

    def add_accounts(self):
        """Those of the paths that want some, and who are exit statuses."""
        vmail = pwd.getpwnam("vmail")
        names = ["user%03d" % number for number in LOCAL_USERS] + STATUS_USERS
        names += [NOBODY % pair for pair in itertools.product(
            LOCAL_USERS, range(len(self.situations())))]
        with open("/etc/passwd", "a") as passwd:
            passwd.writelines("%s:x:%d:%d::/:/bin/sh\n" % (
                name, vmail.pw_uid, vmail.pw_gid) for name in names)

    # ---- one message ----

    def post(self, port, *users):
        """Sends one message; returns its token and what SMTP said, if it refused."""
        token = "token%05d" % next(self.numbers)
        text = "From: <%s>\r\nMessage-ID: <%s@elsewhere.example>\r\n\r\nHello.\r\n" % (
            mailbox_host.SENDER, token)
        try:
            with smtplib.SMTP("127.0.0.1", port, "client.example", timeout=60) as smtp:
                smtp.sendmail(mailbox_host.SENDER,
                              ["%s@%s" % (user, world.DOMAIN) for user in users], text)
        except smtplib.SMTPRecipientsRefused as refused:
            code, text = next(iter(refused.recipients.values()))
            return token, "%d %s" % (code, text.decode())
        return token, None

    def send(self, path, exists):
        """Who exists passes the gateway's check; who does not gets in by the MSA."""
        if exists:
            token, refused = self.post(path.mta.port, "user%03d" % path.number)
        else:
            token, refused = self.post(path.mta.unchecked, NOBODY % (
                path.number, self.played))
        return Message(path, exists, token, refused)

    def fates(self, message):
        return self.log.fates(message.token)

    def settled(self, message, arrived):
        """Whether nothing more will happen to it, or should."""
        if message.refused:
            return True
        if message.exists:
            return arrived[message.token] > 0 or bool(self.sink.bounces(message.token))
        if message.path.bounces or not message.path.unknown:
            return bool(self.sink.bounces(message.token))
        return bool(self.fates(message))

    # ---- the drill ----

    def situations(self):
        """(name, begin, end, seconds until mail has been tried, the daemon can prove)"""
        slapd, gateway = self.slapd, self.gateway_slapd
        heal = slapd.make_complete
        return (
            ("all well", None, None, FIRST_TRY, True),
            ("slapd stopped", slapd.stop, slapd.start, FIRST_TRY, True),
            ("slapd hung", slapd.pause, slapd.resume, FIRST_TRY, True),
            ("directory empty", slapd.make_empty, heal, FIRST_TRY, True),
            ("search base missing", slapd.make_baseless, heal, FIRST_TRY, True),
            ("access rules hide all", slapd.hide_all, heal, FIRST_TRY, True),
            ("empty, the gateway's too", lambda: self.at_once(
                lambda each: each.make_empty(), (slapd, gateway)),
             lambda: self.at_once(lambda each: each.make_complete(), (slapd, gateway)),
             FIRST_TRY, False))

    def drill(self):
        for name, begin, end, seconds, proofs in self.situations():
            begun = time.monotonic()
            self.play_one(name, begin, end, seconds, proofs)
            print("  %.1f s" % (time.monotonic() - begun), flush=True)

    def play_one(self, name, begin, end, seconds, proofs):
        """One situation: break, send, see, heal, see."""
        if begin:
            begin()
        sent = self.at_once(lambda pair: self.send(*pair), [
            (path, exists) for path in self.paths for exists in (True, False)])
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not all(
                message.refused or self.fates(message) for message in sent
                if message.path.unknown and (
                    "LMTP" not in message.path.name or name != "slapd hung")):
            time.sleep(0.05)
        for message in sent:
            message.during = self.fates(message)
        if end:
            end()
        self.heal(sent)
        self.judge(name, sent, proofs)
        self.messages += sent
        self.played += 1
        self.show(name, sent)

    def heal(self, sent):
        """Runs the queues until all have arrived or bounced, as far as they should.

        Nobody waits as long for what is not judged.
        """
        begun = time.monotonic()
        while True:
            arrived = self.mailboxes.arrived()
            passed = time.monotonic() - begun
            waiting = [message for message in sent if not self.settled(message, arrived)
                       and passed < (ARRIVES if message.path.unknown else ARRIVES / 4)]
            if not waiting:
                return
            self.at_once(lambda path: path.mta.flush(), {each.path for each in waiting})
            time.sleep(0.2)

    def judge(self, name, sent, proofs):
        arrived = self.mailboxes.arrived()
        for message in sent:
            if not message.path.unknown:
                continue
            what = "%s: %s: %s: " % (
                name, message.path, "existing" if message.exists else "unknown")
            said = "".join(fate.status[0] for fate in message.during)
            bounces = self.sink.bounces(message.token)
            if message.exists:
                self.check(what + "waits", lambda said: "5" not in said, said)
                self.check(what + "arrives once", (None, 1, 0), (
                    message.refused, arrived[message.token], len(bounces)))
            elif message.path.bounces:
                self.check(what + "bounces once", (None, 0, 1), (
                    message.refused, arrived[message.token], len(bounces)))
                self.check(what + "the bounce's status", True,
                           "Status: 5.1.1" in "".join(bounces))
                if not proofs:
                    self.check(what + "waits for a proof", lambda said: "5" not in said,
                               said)
            else:
                self.check(what + "waits", (None, 0, 0), (
                    message.refused, arrived[message.token], len(bounces)))
                self.check(what + "waits, says the MTA", {"4"}, {
                    fate.status[0] for fate in self.fates(message)})

    def show(self, name, sent):
        print(name)
        arrived = self.mailboxes.arrived()
        for pair in zip(sent[::2], sent[1::2]):
            print(("  %-47s" % pair[0].path + "".join(
                self.words(message, arrived).ljust(30) for message in pair)).rstrip())

    def words(self, message, arrived):
        """What became of it, in short; `!` is a mail lost."""
        if message.refused:
            first, after = message.refused[:9], ""
        else:
            first = message.during[0].status if message.during else "(hangs)"
            bounces, copies = len(self.sink.bounces(message.token)), arrived[message.token]
            after = ("bounced %d" % bounces if bounces else "arrived %d" % copies if copies
                     else "waits")
        lost = message.exists and (message.refused or "bounced" in after)
        return "%s, %s%s" % (first, after or "refused", " !" if lost else "")

    def still_once(self):
        """In the end, after all the queue runs: nothing has come twice."""
        arrived = self.mailboxes.arrived()
        for message in self.messages:
            if message.path.unknown:
                self.check("nothing comes twice: " + message.token,
                           lambda pair: max(pair) <= 1,
                           (arrived[message.token], len(self.sink.bounces(message.token))))
        lost = collections.Counter(
            str(message.path) for message in self.messages if message.exists
            and (message.refused or self.sink.bounces(message.token)))
        print("mail lost, of %d for each: %s" % (
            len(self.situations()), ", ".join("%s %d" % pair for pair in lost.items())))

    # ---- exit statuses ----

    def statuses(self):
        """What each MTA makes of each way to end."""
        world.write(STATUS_SCRIPT, STATUS_TEXT)
        mtas = [(name, unknown, make(unknown)) for unknown in (None, "unless-proven")
                for name, make in (("sendmail", self.status_sendmail),
                                   ("Postfix, local(8)", self.status_local),
                                   ("Postfix, pipe(8)", self.status_pipe))]
        self.at_once(lambda each: each[2].start(), mtas)
        self.at_once(lambda each: self.judge_statuses(*each), mtas)
        self.at_once(lambda each: each[2].stop(), mtas)

    def status_sendmail(self, unknown):
        command = wrapped("/bin/sh %s $u" % STATUS_SCRIPT, unknown, "--recipient", "$u")
        return mailbox_host.Sendmail(
            mta_name("sendmail", "status", unknown), 2600 + 2 * bool(unknown) + 10,
            PROGRAM_MAILER % (command.split()[0], command.replace("/bin/sh", "sh")
                              if not unknown else command, "-wm"))

    def status_local(self, unknown):
        return mailbox_host.Postfix(
            mta_name("postfix", "status-local", unknown), 2620 + 2 * bool(unknown),
            mailbox_command=wrapped('/bin/sh %s "$USER"' % STATUS_SCRIPT, unknown))

    def status_pipe(self, unknown):
        return mailbox_host.Postfix(
            mta_name("postfix", "status-pipe", unknown), 2630 + 2 * bool(unknown),
            **virtual("mda", services=PIPE_SERVICE % (wrapped(
                "/bin/sh %s ${user}" % STATUS_SCRIPT, unknown, "--recipient",
                "${recipient}"))))

    def judge_statuses(self, name, unknown, mta):
        # A stopped program: nobody but us gives up.
        users = [user for user in STATUS_USERS if unknown or user not in STOPPING]
        token, refused = self.post(mta.unchecked, *users)
        self.check(name + " takes the message for all exit statuses", None, refused)
        try:
            world.wait_until(lambda: len({fate.recipient for fate in self.log.fates(token)})
                             >= len(users), STATUSES_WITHIN, "all recipients were tried")
        except world.WorldError as error:
            self.check("%s tries all exit statuses" % name, None, str(error))
        became = collections.defaultdict(set)
        for fate in self.log.fates(token):
            became[fate.recipient.partition("@")[0]].add(fate.status[0])
        if not unknown:
            waits = [user for user in users if became[user] == {"4"}]
            print("  %s without us bounces at %d of %d, and waits at %s" % (
                name, sum("5" in became[user] for user in users), len(users),
                ", ".join(waits) or "none"), flush=True)
            return
        for user in users:
            right = {"s0": "2", "s67": "5", "s77": "5"}.get(user, "4")
            self.check("%s, a program that ends with %s" % (name, user), {right},
                       became[user])

    # ---- the map ----

    def maps(self):
        """The MTA's own lookup of local users, by the map."""
        with open("/etc/nsswitch.conf") as file:
            switch = file.read()
        for proof, options in (("passwd", ("--proof", "passwd")), ("daemon", ())):
            server = mailbox_host.Deliver(
                "map-" + proof, DELIVER, "--map", "unix:" + MAP_SOCKET, "--domain",
                world.DOMAIN, "--mode", "0666", *options)
            server.start()
            mtas = [self.map_sendmail(proof), self.map_postfix(proof)]
            self.at_once(lambda mta: mta.start(), mtas)
            for mta in mtas:
                getattr(self, "map_" + "by_" + proof)(mta, switch)
            self.at_once(lambda each: each.stop(), mtas + [server])

    def map_sendmail(self, proof):
        return mailbox_host.Sendmail(
            "sendmail-map-" + proof, 2640, PROGRAM_MAILER % (
                mailbox_host.MAIL_LOCAL, "mail.local -d $u", "-wm")
            + "\nLOCAL_CONFIG\nKlocal socket -f -q -d5s -T<TMPF> unix:" + MAP_SOCKET,
            MAP_RULES)

    def map_postfix(self, proof):
        return mailbox_host.Postfix("postfix-map-" + proof, 2650, local_recipient_maps=(
            "socketmap:unix:%s:local" % MAP_SOCKET))

    def hears(self, mta, user):
        with world.SmtpSession(mta.unchecked) as session:
            reply = session.ask("%s@%s" % (user, world.DOMAIN))
        return "%d %s" % (reply.code, reply.enhanced)

    def check_map(self, mta, name, existing, unknown, *right):
        nobody = "%s%d" % (unknown, len(self.results))
        for user, begin in ((existing, right[0]), (nobody, right[1])):
            self.check("%s, %s: %s" % (mta.name, name, user.rstrip("0123456789")),
                       lambda said: said.startswith(begin), self.hears(mta, user))

    def map_by_passwd(self, mta, switch):
        """Users are in files or in LDAP, as nsswitch.conf says."""
        for sources, existing, right in (
                ("files", "daemon", ("250", "550 5.1.1")),
                ("files ldap", "user000", ("250", "451 4.")),
                ("files sss", "daemon", ("250", "451 4."))):
            world.write("/etc/nsswitch.conf", switch.replace("files ldap", sources))
            self.check_map(mta, "passwd: " + sources, existing, "nobody", *right)
        world.write("/etc/nsswitch.conf", switch)
        self.slapd.make_empty()
        self.check_map(mta, "passwd: files ldap, empty", "user001", "nobody",
                       "451 4.", "451 4.")
        self.slapd.make_complete()

    def map_by_daemon(self, mta, _):
        self.check_map(mta, "mailverdictd", "user002", "nobody", "250", "550 5.1.1")
        self.gateway_slapd.make_empty()
        self.check_map(mta, "mailverdictd, its directory is empty", "user233", "nobody",
                       "451 4.", "451 4.")
        self.gateway_slapd.make_complete()

    # ---- sudden deaths ----

    def deaths(self):
        """Each of the three is killed at each step of the dialogue."""
        front, back, inside = 2660, 2661, 2662
        relays = {"MTA and proxy": mailbox_host.Relay(front, inside),
                  "proxy and Dovecot": mailbox_host.Relay(back, mailbox_host.LMTP_PORT)}
        proxy = mailbox_host.Deliver(
            "proxy-death", DELIVER, "--lmtp", "inet:127.0.0.1:%d" % inside, "--backend",
            "inet:127.0.0.1:%d" % back, "--domain", world.DOMAIN)
        mtas = [mailbox_host.Sendmail("sendmail-death", 2664,
                                      LMTP_MAILER % ("TCP [127.0.0.1] %d" % front)),
                mailbox_host.Postfix("postfix-death", 2666,
                                     **virtual("lmtp:inet:127.0.0.1:%d" % front))]
        self.at_once(lambda server: server.start(), mtas + [proxy])
        for number, (where, victim, step) in enumerate(itertools.product(
                relays, ("MTA", "proxy", "Dovecot"), range(len(STEPS)))):
            mta = mtas[number % 2]       # the number of steps is odd: each meets all
            self.die(relays[where], where, mta, victim, step,
                     {"MTA": mta, "proxy": proxy, "Dovecot": self.dovecot}[victim])
        self.at_once(lambda server: server.stop(), mtas + [proxy])

    def die(self, relay, where, mta, victim, step, server):
        """One message, one death, and what became of the message."""
        begun = time.monotonic()
        name = "%s: %s killed at %s, between %s" % (
            mta.name.partition("-")[0], victim, STEPS[step], where)
        posted = threading.Event()     # nobody may die before the MTA has the message
        relay.arm(step, lambda: (posted.wait(5), server.kill()))
        token, refused = self.post(mta.unchecked, "user100")
        posted.set()
        if not relay.broken.wait(DEATH_WITHIN):
            relay.disarm()
            self.check(name + ": the step is reached", True, False)
            return
        server.start()
        while True:
            mta.flush()
            copies = self.mailboxes.arrived()[token]
            if not mta.waiting() or time.monotonic() - begun > ARRIVES:
                break
            time.sleep(0.1)
        copies = self.mailboxes.arrived()[token]
        # Its own 250 is written, and it dies before that is in its queue file.
        twice = relay.after_body or (victim == "MTA" and STEPS[step] == "QUIT")
        self.check(name, (None, True), (refused, copies == 1 or (twice and copies == 2)),
                   time.monotonic() - begun)
        if copies != 1:
            print("  %s: %d copies%s" % (name, copies, ", between the two 250"
                                           if relay.after_body else ""), flush=True)

    # ---- refusals ----

    def refusals(self):
        """What a mailbox server says of itself bounces nothing, and comes to no harm."""
        front, back = 2670, 2671
        backend = mailbox_host.ScriptedLmtp(back)
        proxy = mailbox_host.Deliver(
            "proxy-refusals", DELIVER, "--lmtp", "inet:127.0.0.1:%d" % front, "--backend",
            "inet:127.0.0.1:%d" % back, "--domain", world.DOMAIN)
        mtas = [mailbox_host.Sendmail("sendmail-refusals", 2672,
                                      LMTP_MAILER % ("TCP [127.0.0.1] %d" % front)),
                mailbox_host.Postfix("postfix-refusals", 2674,
                                     **virtual("lmtp:inet:127.0.0.1:%d" % front))]
        without = mailbox_host.Sendmail("sendmail-refusals-direct", 2676,
                                        LMTP_MAILER % ("TCP [127.0.0.1] %d" % back))
        self.at_once(lambda server: server.start(), mtas + [proxy, without])
        lost = 0
        for number, (step, said, user, right) in enumerate(REFUSALS):
            backend.refusals = {step: said.replace("\n", "\r\n")}
            nobody = "nobody-refusal%d" % number
            sent = [(mta,) + self.post(mta.unchecked, user or nobody) for mta in mtas]
            token, _ = self.post(without.unchecked, user or nobody)
            self.await_fates([each[1] for each in sent] + [token])
            lost += any(fate.status[0] == "5" for fate in self.log.fates(token)) and right == "4"
            for mta, token, refused in sent:
                self.judge_refusal("%s, %r to %s%s" % (
                    mta.name, said, step, "" if user else " for one who does not exist"),
                                   token, refused, right)
            backend.refusals = {}
            self.arrive([each for each in sent if right == "4"], backend)
        print("  sendmail without us bounces %d of %d" % (
            lost, sum(right == "4" for _, _, _, right in REFUSALS)), flush=True)
        self.at_once(lambda server: server.stop(), mtas + [proxy, without])

    def await_fates(self, tokens):
        try:
            world.wait_until(lambda: all(map(self.log.fates, tokens)), FIRST_TRY,
                             "all messages were tried")
        except world.WorldError:
            pass     # a check says so

    def judge_refusal(self, name, token, refused, right):
        self.check(name, (None, {right}), (
            refused, {fate.status[0] for fate in self.log.fates(token)}))
        if right == "5":
            try:
                world.wait_until(lambda: self.sink.bounces(token), FIRST_TRY, "a bounce")
            except world.WorldError:
                pass
        self.check(name + ": bounces", int(right == "5"), len(self.sink.bounces(token)))

    def arrive(self, sent, backend):
        """The server is well again: what has waited comes once."""
        deadline = time.monotonic() + ARRIVES
        while time.monotonic() < deadline and not all(
                backend.copies(token) for _, token, _ in sent):
            self.at_once(lambda each: each[0].flush(), sent)
            time.sleep(0.2)
        for mta, token, _ in sent:
            self.check("%s: it arrives once afterwards" % mta.name, 1, backend.copies(token))

    # ---- lines of the log ----

    def lines(self):
        """A line says what the daemon said, and why."""
        front, back = 2680, 2681
        backend = mailbox_host.ScriptedLmtp(back)
        backend.refusals = {"RCPT": "550 5.1.1 no"}
        proxy = mailbox_host.Deliver(
            "proxy-lines", DELIVER, "--lmtp", "inet:127.0.0.1:%d" % front, "--backend",
            "inet:127.0.0.1:%d" % back)
        proxy.start()
        daemon = "mailverdictd at unix:%s " % world.DAEMON_SOCKET
        no_proof = '", which proves no absence; "mailverdict explain" with the address'
        for user, heard, line in (
                ("user102@" + world.DOMAIN, "450",
                 daemon + 'says "pass [the directory has the address]' + no_proof),
                ("nobody-line@" + world.DOMAIN, "550",
                 daemon + "proves the absence: recipient reject 550 5.1.1 User unknown"),
                ("nobody@elsewhere.example", "450",
                 daemon + 'says "pass [domain is not ours]' + no_proof)):
            self.check_line(front, user, heard, line)
        self.gateway_slapd.make_empty()
        self.check_line(front, "nobody-later@" + world.DOMAIN, "450",
                        daemon + 'says "recipient defer 451 4.4.3 ')
        self.gateway_slapd.make_complete()
        self.daemon.stop()
        self.check_line(front, "nobody-away@" + world.DOMAIN, "450",
                        daemon.rstrip() + ": cannot connect: ")
        self.daemon.start()
        proxy.stop()

    def check_line(self, port, recipient, heard, line):
        with socket.create_connection(("127.0.0.1", port)) as lmtp:
            replies = lmtp.makefile("r")
            lmtp.sendall(("MAIL FROM:<>\r\nRCPT TO:<%s>\r\n" % recipient).encode())
            said = [replies.readline() for _ in ("the greeting", "MAIL", "RCPT")][-1]
        self.check("RCPT TO:<%s>" % recipient, heard, said[:3])
        try:
            world.wait_until(lambda: line in self.last_line(recipient), 5, "the line")
        except world.WorldError:
            pass     # the check says what came instead
        self.check("the line about <%s>" % recipient, lambda said: line in said,
                   self.last_line(recipient))

    def last_line(self, recipient):
        """What mailverdict-deliver has said of it in syslog."""
        with open(world.ROOT + "/syslog", errors="replace") as log:
            found = [each for each in log if "recipient <%s>: " % recipient in each]
        return found[-1] if found else ""

    # ---- memory ----

    def memory(self):
        """A large message passes through the proxy and leaves nothing behind."""
        proxy = next(each for each in self.proxies if each.name == "proxy-inet")
        self.push(1 << 20)
        with open("/proc/%d/clear_refs" % proxy.pid, "w") as file:
            file.write("5")               # forget the peak
        before = kilobytes(proxy.pid, "VmHWM")
        begun = time.monotonic()
        reply = self.push(LARGE_BYTES)
        seconds = time.monotonic() - begun
        after = kilobytes(proxy.pid, "VmHWM")
        print("  %d MB in %.1f s; the proxy's peak was %d kB, and is %d kB" % (
            LARGE_BYTES >> 20, seconds, before, after), flush=True)
        self.check("a large message is delivered", "250", reply[:3], seconds)
        self.check("... and needs no memory of its size", lambda more: more < 2048,
                   after - before)

    def push(self, size):
        """One message of that size through the proxy; returns the last reply."""
        with socket.create_connection(("127.0.0.1", PROXY_PORT)) as lmtp:
            replies = lmtp.makefile("r")
            line = b"x" * 76 + b"\r\n"
            block = line * 1000
            for command in (
                    "", "LHLO client.example", "MAIL FROM:<%s>" % mailbox_host.SENDER,
                    "RCPT TO:<user101@%s>" % world.DOMAIN, "DATA"):
                if command:
                    lmtp.sendall(command.encode() + b"\r\n")
                while replies.readline()[3:4] == "-":
                    pass
            lmtp.sendall(b"Subject: large\r\n\r\n")
            for _ in range(size // len(block)):
                lmtp.sendall(block)
            lmtp.sendall(b".\r\n")
            return replies.readline()

    def run(self, parts):
        self.play(*[part for part in (
            self.drill, self.statuses, self.maps, self.deaths, self.refusals, self.lines,
            self.memory, self.still_once)
                    if not parts or part.__name__ in parts])


def kilobytes(pid, what):
    return int(mailbox_host.status_of(pid)[what].split()[0])


def main():
    parser = report.command_line("Real MTAs deliver to real mailboxes.", "daemon", "deliver")
    parser.add_argument("--parts", metavar="NAME", nargs="*", default=[])
    options = parser.parse_args()
    world.enter(postfix=True)
    mailbox_host.furnish()
    begun = time.monotonic()
    test = LocalDeliveryTest(options.daemon, options.deliver)
    print("started, %.1f s" % (time.monotonic() - begun), flush=True)
    test.run(options.parts)
    return test.finish(options.xml, world.tail(test.daemon.log, 30),
                       world.tail(world.ROOT + "/syslog", 300))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except world.WorldError as error:
        sys.exit("The test broke off: %s" % error)

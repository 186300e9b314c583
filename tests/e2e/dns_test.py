#!/usr/bin/python3
"""The drill of DNS: what a sender hears while domains and block lists cannot be asked about.

    tests/e2e/dns_test.py --daemon FILE [--rows WORDS] [--markdown FILE]

Real sendmail asks mailverdictd by socket map and by milter, mailverdictd asks a real Unbound,
Unbound asks real NSDs; and each of them fails in each way it can (dns_world.py). In every
situation, each time with domains and clients nobody has heard of before: senders and recipients
whose domain exists, is missing, wants no mail; clients and senders that are listed, and that
are not. In new sessions and in those that stay open through it all; once more after the fault.

Beside it sendmail with what it has of its own: its check of sender domains, FEATURE(`dnsbl') and
FEATURE(`enhdnsbl'). It is shown and never judged; `!` marks mail that is lost: a permanent "no"
to what is well, at once or, for a recipient whose domain it did not check, as a bounce.

Then the shapes a domain can have, IPv6, and what a message costs in DNS questions and time.
"""

import collections
import concurrent.futures
import itertools
import os
import re
import statistics
import sys
import time

import dns_world
import drill
import report
import world

DEADLINE = 4.0       # seconds for a verdict, as in the policy
BUDGET = 1.0         # of them for block lists
NAME = 2.0           # what sendmail itself waits for the name of a client, as in resolv.conf
SLACK = 1.5          # a shared machine
HEALED_WITHIN = 5.0
LISTED_WITHIN = 40.0    # a list that fails is tested again after 1, 2, 4 ... 32 s
US = "user@" + world.DOMAIN

POLICY = """\
listener { socketmap: "unix:%%(socket)s" mode: "%%(mode)s" group: "%%(group)s" }
user: "%%(user)s"
deadline: "4s"
dns { server: "%s:53" timeout: "1s" control: "%s" absent_below: "com" }
realm { domain: "%s" catch_all: true }
check {
  dnsbl {
    list { zone: "%s" ipv4: true }
    list { zone: "%s" ipv4: false ipv6: true }
    list { zone: "%s" ipv4: false domains: true }
    threshold: 1
    budget: "1s"
  }
}
check { domain { dns: true learn: ON learn_messages: 1 learn_over: "6h" } }
""" % (dns_world.CACHE, dns_world.CONTROL, world.DOMAIN, dns_world.LIST, dns_world.LIST6,
       dns_world.DOMAIN_LIST)


class Daemon(world.Daemon):
    POLICY = POLICY


# ---- what is asked ---------------------------------------------------------

class Question(collections.namedtuple("Question", "label sender recipient client well")):
    """A column. `%d` in an address is a number nobody has used yet; `well`: who refuses it for
    good has lost mail."""


QUESTIONS = (
    Question("sender exists", "a@good%d.com", US, dns_world.UNLISTED, True),
    Question("sender seen", "a@good%d.com", US, dns_world.UNLISTED, True),
    Question("sender missing", "a@missing%d.com", US, dns_world.UNLISTED, False),
    Question("sender null MX", "a@null%d.com", US, dns_world.UNLISTED, False),
    Question("sender listed", "a@bad%d.com", US, dns_world.UNLISTED, False),
    Question("recipient exists", "", "b@good%d.com", dns_world.UNLISTED, True),
    Question("recipient missing", "", "b@missing%d.com", dns_world.UNLISTED, False),
    Question("recipient null MX", "", "b@null%d.com", dns_world.UNLISTED, False),
    Question("client unlisted", "", US, dns_world.UNLISTED, True),
    Question("client listed", "", US, dns_world.LISTED, False),
)
COLUMNS = tuple(question.label for question in QUESTIONS)
SEEN = COLUMNS.index("sender seen")

YES, LATER, UNSURE, LISTED = ("250 2.1.5",), ("451 4.",), ("451 4.4.3",), ("554 5.7.1",)
HEALTHY = dict(zip(COLUMNS, (
    YES, YES, ("451 4.1.8",), ("550 5.7.27",), ("554 5.7.1",),
    YES, ("451 4.1.2",), ("556 5.1.10",), YES, ("554 5.7.1",))))
# "Later" for what hangs on DNS, but for what is remembered. A list in trouble lists nobody.
SILENT = dict(zip(COLUMNS, (
    UNSURE, YES, UNSURE, UNSURE, UNSURE, UNSURE, UNSURE, UNSURE, YES, YES)))
DENYING = dict(zip(COLUMNS, (
    LATER, YES, LATER, LATER, LATER, LATER, LATER, LATER, YES, YES)))
INVENTING = dict(zip(COLUMNS, (YES + LATER,) * 8 + (YES, YES)))
LISTS_IN_TROUBLE = dict(HEALTHY, **{"sender listed": YES, "client listed": YES})


class Situation(collections.namedtuple("Situation", "name fault expected")):
    """A row: a fault (a context manager), and what a right reply to each question begins with."""


def situations(dns):
    return [Situation(*row) for row in (
        ("healthy", None, HEALTHY),
        ("cache: NXDOMAIN for all", dns.cut_off, DENYING),
        ("cache: NXDOMAIN for all, no SOA", dns.bare_cut_off, DENYING),
        ("cache: nothing but NODATA", dns.no_data, DENYING),
        ("cache: SERVFAIL", dns.servfail, SILENT),
        ("cache: REFUSED", dns.refused, SILENT),
        ("cache: silent", dns.dropped, SILENT),
        ("cache: hung", dns.paused, SILENT),
        ("cache: dead", dns.dead, SILENT),
        ("cache: truncated replies (stand-in)", lambda: dns.lies(dns_world.truncated), SILENT),
        ("cache: malformed replies (stand-in)", lambda: dns.lies(dns_world.malformed), SILENT),
        ("cache: one address for all names", dns.portal, INVENTING),
        ("cache: 127.0.0.2 for all names", dns.portal_on_loopback, DENYING),
        ("authorities silent", dns.authority_silent, SILENT),
        ("com invents what is missing", dns.invents, dict(
            HEALTHY, **{"sender missing": YES + LATER, "sender null MX": LATER,
                        "recipient missing": YES + LATER, "recipient null MX": LATER})),
        ("lists: dead", dns.lists_dead, LISTS_IN_TROUBLE),
        ("lists: SERVFAIL", dns.lists_servfail, LISTS_IN_TROUBLE),
        ("lists: empty", dns.lists_empty, LISTS_IN_TROUBLE),
        ("lists: everybody is listed", dns.lists_list_all, LISTS_IN_TROUBLE),
        ("lists: everybody but the test points", dns.lists_list_nearly_all, LISTS_IN_TROUBLE),
        ("lists: 127.255.255.254", dns.lists_refuse, LISTS_IN_TROUBLE),
        ("lists: parked", dns.lists_parked, LISTS_IN_TROUBLE),
    )]


class Cell(collections.namedtuple("Cell", "reply question expected bounced limit",
                                  defaults=(NAME + DEADLINE + BUDGET + SLACK,))):
    """A reply, what it should have begun with (None: nobody judges it), and within how long.

    bounced: the message was taken, and came back with this enhanced status.
    """

    def wrong(self):
        """What is wrong with it, or None."""
        said = "%d %s" % (self.reply.code, self.reply.enhanced)
        if self.expected is None:
            return None
        if not said.startswith(self.expected):
            return "%s %s; right is %s" % (said, self.reply.text, " or ".join(self.expected))
        if self.reply.seconds > self.limit:
            return "%s after %.1f s; the limit is %.1f s" % (
                said, self.reply.seconds, self.limit)
        return None

    def loses_mail(self):
        return self.question.well and (self.reply.code >= 500 or self.bounced is not None)

    def __str__(self):
        said = "bounced %.2fs" % self.reply.seconds if self.bounced else str(self.reply)
        return "%s%s%s" % (said, " !" if self.loses_mail() else "",
                           " WRONG" if self.wrong() else "")


# ---- who is asked ----------------------------------------------------------

class Gateway(collections.namedtuple("Gateway", "label mta ours open")):
    """A sendmail. ours: it asks mailverdictd, and is judged. open: in an open session, too."""

    @property
    def port(self):
        return self.mta.port


RELAYS = "RELAY_DOMAIN(`com')dnl\n"     # so that there are recipients in strange domains


def our_gateways():
    own = RELAYS + "FEATURE(`accept_unresolvable_domains')dnl\n"
    by_map = world.Sendmail("map", 2525, own + "FEATURE(`mailverdict', `', `', `', "
                            "`senders,client')dnl", resolves=True)
    by_milter = world.Sendmail("milter", 2526, own + world.SENDMAIL_MILTER, resolves=True)
    return [Gateway("sendmail, socketmap", by_map, True, True),
            Gateway("sendmail, milter", by_milter, True, False)]


def other_gateways():
    """sendmail's own: dnsbl as in the books; enhdnsbl with the answer that counts, and `t'."""
    stock = world.Sendmail(
        "stock", 2527, RELAYS + "FEATURE(`dnsbl', `%s')dnl" % dns_world.LIST, resolves=True)
    enhanced = world.Sendmail(
        "enhanced", 2528, RELAYS + "FEATURE(`enhdnsbl', `%s', `', `t', `127.0.0.2.')dnl"
        % dns_world.LIST, resolves=True)
    return [Gateway("stock, dnsbl", stock, False, False),
            Gateway("stock, enhdnsbl", enhanced, False, False)]


def bare_gateway():
    return Gateway("no checks", world.Sendmail(
        "bare", 2529, RELAYS + "FEATURE(`accept_unresolvable_domains')dnl", resolves=True),
        False, False)


class Fresh:
    """Numbers of domains and clients nobody has used yet."""

    def __init__(self):
        self._domains, self._clients = itertools.count(1), itertools.count(1)

    def domain(self):
        return next(self._domains)

    def client(self, template):
        number = next(self._clients)
        return template % (number // 250, number % 250 + 1)


def session(port, source):
    """One that may be refused at the greeting, which is then the reply to everything."""
    try:
        return world.SmtpSession(port, source=source)
    except world.smtplib.SMTPConnectError as refused:
        return Refused(refused.smtp_code, refused.smtp_error.decode())


class Refused:
    """A session that never was."""

    def __init__(self, code, text):
        first, _, rest = text.partition(" ")
        self._reply = world.Reply(code, first, rest, 0.0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    close = __exit__

    def ask(self, *_):
        return self._reply


class Line:
    """One line of the table: one gateway's answers to all questions.

    sessions: for each client template an open session; None: a new one for each question.
    """

    def __init__(self, gateway, situation, fresh, sessions=None):
        self.gateway = gateway
        self.cells = [None] * len(QUESTIONS)
        self.expected = situation.expected
        self.in_one_session = sessions is not None
        self.label = "%s, %s" % (gateway.label, "open" if sessions else "new")
        self._fresh = fresh
        self._sessions = sessions
        self._seen = fresh.domain()

    def warm_up(self):
        """Asks for those that shall have been seen; returns what is wrong, or None."""
        return self._ask(SEEN, HEALTHY).wrong()

    def ask(self, column):
        self.cells[column] = self._ask(column, self.expected)

    def ask_until_right(self, column, since):
        """After the fault: asks until it is right; ours has a while to heal.

        In a session that stays open this has waited for those asked before, too.
        """
        within = LISTED_WITHIN if "listed" in COLUMNS[column] else HEALED_WITHIN
        longest = LISTED_WITHIN if self.in_one_session else within
        while True:
            cell = self._ask(column, self.expected)
            passed = time.monotonic() - since
            self.cells[column] = cell._replace(reply=cell.reply._replace(seconds=passed),
                                               limit=longest + cell.limit)
            if not cell.wrong() or passed > within:
                return
            time.sleep(0.2)

    def _ask(self, column, expected):
        question = QUESTIONS[column]
        number = self._seen if column == SEEN else self._fresh.domain()
        sender, recipient = (each % number if "%" in each else each
                             for each in (question.sender, question.recipient))
        bounced = None
        if self._sessions:
            reply = self._sessions[question.client].ask(recipient, sender)
        else:
            with session(self.gateway.port, self._fresh.client(question.client)) as talk:
                reply = talk.ask(recipient, sender)
                if reply.code == 250 and recipient != US and not self.gateway.ours:
                    bounced = bounce(talk)
        right = expected[question.label]
        if self.in_one_session and question.label == "client listed":
            right += LISTED    # he was asked about before, and the proof is kept for a while
        return Cell(reply, question, right if self.gateway.ours else None, bounced)


def bounce(talk):
    """Ends the message, and waits for sendmail's first word on it: None or why it came back."""
    talk.say(b"DATA")
    taken = talk.say(b"Subject: drill\r\n\r\nText\r\n.")
    queue_id = taken.text.split()[0]
    said = re.compile(r" %s: to=.*dsn=([0-9.]+), stat=" % re.escape(queue_id))

    def word():
        with open(world.ROOT + "/syslog", errors="replace") as log:
            return said.search(log.read())

    world.wait_until(word, 30, "sendmail says what became of " + queue_id)
    status = word().group(1)
    return status if status.startswith("5") else None


class Drill:
    """The world of one run."""

    def __init__(self, daemon_program):
        self.dns = dns_world.Dns()
        self.daemon = Daemon(daemon_program, more=world.MILTER_LISTENER)
        self.fresh = Fresh()
        self.gateways = []
        self._open = {}
        self._pool = concurrent.futures.ThreadPoolExecutor(32)

    def start(self):
        self.dns.start()
        self.daemon.start()
        self.gateways = our_gateways() + other_gateways()
        self.at_once(lambda gateway: gateway.mta.start(), self.gateways)
        for gateway in self.gateways:
            if gateway.open:
                self._open[gateway] = {
                    client: world.SmtpSession(gateway.port, source=self.fresh.client(client))
                    for client in (dns_world.LISTED, dns_world.UNLISTED)}

    def at_once(self, work, *things):
        return list(self._pool.map(work, *things))

    def _lines(self, situation):
        lines = []
        for gateway in self.gateways:
            lines.append(Line(gateway, situation, self.fresh))
            if gateway.open:
                lines.append(Line(gateway, situation, self.fresh, self._open[gateway]))
        return lines

    def _ask_all(self, lines, ask):
        """Every column of every line; those of an open session one after the other."""
        def one_line(line):
            for column in range(len(QUESTIONS)):
                ask(line, column)
        single = [line for line in lines if line.in_one_session]
        several = [(line, column) for line in lines if not line.in_one_session
                   for column in range(len(QUESTIONS))]
        running = [self._pool.submit(one_line, line) for line in single]
        running += [self._pool.submit(ask, *each) for each in several]
        for each in running:
            each.result()

    def play(self, situation):
        """From health through the fault to health: lines, lines of afterwards, and what was
        wrong before."""
        lines = self._lines(situation)
        before = next(filter(None, self.at_once(Line.warm_up, lines)), None)
        if situation.fault is None:
            self._ask_all(lines, Line.ask)
            return lines, [], before
        with situation.fault():
            self._ask_all(lines, Line.ask)
        healed = time.monotonic()
        after = self._lines(situation._replace(expected=HEALTHY))
        for line in after:
            line.label += ", after"
        self._ask_all(after, lambda line, column: line.ask_until_right(column, healed))
        return lines, after, before


# ---- domains of every shape, IPv6 ------------------------------------------

SHAPES = (     # of a domain below com, and what is said of a sender and of a recipient there
    ("implicit", "250 2.1.5", "250 2.1.5"), ("alias", "250 2.1.5", "250 2.1.5"),
    ("no-data", "451 4.1.8", "451 4.1.2"), ("dangling", "451 4.1.8", "451 4.1.2"),
    ("loopback", "451 4.1.8", "451 4.1.2"), ("private", "451 4.1.8", "451 4.1.2"),
    ("zero", "451 4.1.8", "451 4.1.2"))


def shapes(played, results):
    """Each of our gateways, about senders and recipients in domains of every shape."""
    for gateway in filter(lambda each: each.ours, played.gateways):
        source = played.fresh.client(dns_world.UNLISTED)
        with world.SmtpSession(gateway.port, source=source) as talk:
            for name, sender, recipient in SHAPES:
                domain = name + ".com"
                check(results, "%s: from %s" % (gateway.label, domain), sender,
                      talk.ask(US, "a@" + domain))
                check(results, "%s: to %s" % (gateway.label, domain), recipient,
                      talk.ask("b@" + domain, ""))
            number = played.fresh.domain()
            texts = {talk.ask(US, "a@missing%d.com" % number).text,
                     talk.ask(US, "a@no-data.com").text}
            with played.dns.refused():
                texts.add(talk.ask(US, "a@good%d.com" % played.fresh.domain()).text)
            judge(results, "%s: no name, no host, could not ask: three texts" % gateway.label,
                  len(texts) == 3, str(texts))
        with world.SmtpSession(gateway.port, source=played.fresh.client(
                dns_world.LISTED)) as talk:
            reply = talk.ask(US, "")
        judge(results, "%s: the list's reason is told" % gateway.label,
              dns_world.REASON.split(",")[0] in reply.text, reply.text)


def ipv6(played, results):
    for gateway in filter(lambda each: each.ours, played.gateways):
        for number, (template, right) in enumerate((
                (dns_world.UNLISTED6, "250 2.1.5"), (dns_world.LISTED6, "554 5.7.1"))):
            name = "%s: %s" % (gateway.label, template % 7)
            if not world.has_ipv6():
                results.skip(name, "there is no IPv6 here")
                continue
            with world.SmtpSession(gateway.port, "::1", template % 7) as talk:
                check(results, name, right, talk.ask(US, ""))


def at_connect(played, results):
    """The lists are asked while the client has said nothing yet, and nobody waits for them."""
    dead = played.dns.lists_dead
    for gateway in filter(lambda each: each.ours, played.gateways):
        played.dns.cache.questions()
        with world.SmtpSession(gateway.port, source=played.fresh.client(dns_world.UNLISTED)):
            asked = played.dns.cache.questions()
        judge(results, "%s: a list is asked at connect" % gateway.label, "A" in asked,
              str(asked))
        with dead():
            begun = time.monotonic()
            with world.SmtpSession(gateway.port,
                                   source=played.fresh.client(dns_world.UNLISTED)) as talk:
                waited = time.monotonic() - begun
                check(results, "%s: a dead list, and the client is new" % gateway.label,
                      "250 2.1.5", talk.ask(US, ""))
        judge(results, "%s: nobody waits for a dead list at connect" % gateway.label,
              waited < BUDGET, "%.2f s" % waited)


def check(results, name, right, reply):
    said = "%d %s %s" % (reply.code, reply.enhanced, reply.text)
    judge(results, name, said.startswith(right), "%s; right is %s" % (said, right))


def judge(results, name, right, otherwise):
    results.add(name, None if right else otherwise)
    if not right:
        drill.show("  WRONG %s: %s" % (name, otherwise))


# ---- the price -------------------------------------------------------------

ROUNDS, MESSAGES = 5, 10     # so many messages of each kind in a round


class Price:
    """What messages of a kind cost at a gateway: questions at the cache by type, and time."""

    def __init__(self, gateway, what):
        self.label, self.ours, self.what = gateway.label, gateway.ours, what
        self._gateway = gateway
        self._asked, self._times = collections.Counter(), []

    def pay(self, cache, messages):
        """Asks about these (sender, recipient, client), one after the other, each in a session
        of its own."""
        cache.questions()
        for sender, recipient, client in messages:
            begun = time.monotonic()
            with session(self._gateway.port, client) as talk:
                talk.ask(recipient, sender)
            self._times.append(time.monotonic() - begun)
        self._asked.update(cache.questions())

    def questions(self):
        """A message, but for sendmail's own for the client's name."""
        return (sum(self._asked.values()) - self._asked["PTR"]) / len(self._times)

    def types(self):
        return " ".join("%s %.2g" % (name, number / len(self._times))
                        for name, number in sorted(self._asked.items()) if name != "PTR")

    def milliseconds(self):
        return 1000 * statistics.median(self._times)


def prices(played, bare):
    """What a message costs: from and to domains that exist, never asked for before (cold), the
    same ones again (warm), from a missing domain, and from a listed client; the last two are
    proven. The gateways take turns, so that a busy machine is as busy for each of them."""
    kinds = ("cold", "warm", "missing sender", "listed client")
    result = [Price(gateway, what) for what in kinds for gateway in [bare] + played.gateways]
    fresh = played.fresh
    for _ in range(ROUNDS):
        cold = {}
        for each in result:
            if each.what == "missing sender":
                messages = [("a@missing%d.com" % fresh.domain(), US,
                             fresh.client(dns_world.UNLISTED)) for _ in range(MESSAGES)]
            elif each.what == "listed client":
                messages = [("", US, fresh.client(dns_world.LISTED)) for _ in range(MESSAGES)]
            else:
                messages = cold.setdefault(each.label, [
                    ("a@good%d.com" % fresh.domain(), "b@good%d.com" % fresh.domain(),
                     fresh.client(dns_world.UNLISTED)) for _ in range(MESSAGES)])
            each.pay(played.dns.cache, messages)
    return result


PRICES = ("DNS questions for each message, as the cache counted them, without sendmail's own for "
          "the\nclient's name; and the median time of MAIL and RCPT. %d messages, each in a "
          "session of its own." % (ROUNDS * MESSAGES))


def show_prices(listed):
    drill.show("", PRICES)
    for each in listed:
        drill.show("  %-16s %-20s %5.2f  %6.2f ms  %s" % (
            each.what, each.label, each.questions(), each.milliseconds(), each.types()))


# ---- showing ---------------------------------------------------------------

LABEL_WIDTH, CELL_WIDTH = 35, 18


def aligned(label, words):
    return (label.ljust(LABEL_WIDTH)
            + "".join(word.ljust(CELL_WIDTH) for word in words)).rstrip()


def record(results, situation, lines, before, seconds):
    """One test case for each judged cell."""
    results.add("%s: all well before" % situation.name, before, seconds)
    if before:
        drill.show("  WRONG %s, before the fault: %s" % (situation.name, before))
    for line in lines:
        for cell in line.cells:
            if cell.expected is None:
                continue
            name = "%s: %s: %s" % (situation.name, line.label, cell.question.label)
            results.add(name, cell.wrong(), cell.reply.seconds)
            if cell.wrong():
                drill.show("  WRONG %s: %s" % (name, cell.wrong()))


def losses(played):
    """For each gateway, how much mail it lost."""
    count = collections.Counter()
    for _, lines in played:
        for line in lines:
            count[line.gateway.label] += sum(cell.loses_mail() for cell in line.cells)
    return ["  %s: %d" % pair for pair in count.items()]


MARKDOWN = """\
# The drill of DNS

This page shows the replies that a sender gets while DNS cannot be asked about domains and block
lists. It compares mailverdict behind sendmail's socket map and milter with sendmail's own features:
its check of sender domains, and `FEATURE(dnsbl)` or `FEATURE(enhdnsbl)`. The drill runs real sendmail,
Unbound and NSD; in two rows a small server in Python stands in for a DNS server.

No domain and no client was asked about before, except *sender seen*, which was asked about just
before the fault. Each cell has the reply and the seconds that it took. In the lines *after* the time
counts from the end of the fault: a list that failed its controls is asked again after 1, 2, 4 ... 32 s.
In a new session the time includes sendmail's own question for the client's name. *Bounced*: sendmail
does not check the recipient's domain, so it accepts the message, and bounces it when it cannot deliver.
**Bold** is lost mail: a 5xx or a bounce for an address or client that is in order.

In the row of malformed replies the server answers its questions in turn with different malformed
replies, so stock sendmail's cells differ from run to run. A rejection that needs a proof (a missing
sender, a listed client) waits for a round of controls. There are at most ten rounds a second, shared
by all rejections that wait; here the questions come one after the other.

Mail lost:
%(losses)s

%(machine)s, `tests/e2e/dns_test.py --markdown docs/dns_drill.md`, %(date)s.

"""


def write_markdown(path, played, listed):
    head = ("situation", "asked") + COLUMNS
    rows = [head, ("---",) * len(head)]
    for situation, lines in played:
        for line in lines:
            rows.append((situation.name, line.label) + tuple(
                "**%s**" % str(cell).rstrip(" !") if cell.loses_mail() else str(cell)
                for cell in line.cells))
    costs = [("what", "asked", "questions", "of which type", "median ms"), ("---",) * 5] + [
        (each.what, each.label, "%.2f" % each.questions(), each.types(),
         "%.2f" % each.milliseconds()) for each in listed]
    table = lambda lines: "".join("| %s |\n" % " | ".join(line) for line in lines)
    machine = "%d shared cores, sendmail, Unbound and NSD of Debian %s" % (
        os.cpu_count(), open("/etc/debian_version").read().strip())
    lost = "\n".join("- " + line.strip() for line in losses(played))
    world.write(path, MARKDOWN % {"machine": machine, "date": time.strftime("%Y-%m-%d"),
                                  "losses": lost}
                + "%s\n\n%s\n%s" % (PRICES, table(costs), table(rows)))


# ---- the program -----------------------------------------------------------

def arguments():
    parser = report.command_line(
        "The drill of DNS: what a sender hears while it cannot be asked.", "daemon")
    parser.add_argument("--rows", metavar="WORDS", default="",
                        help="only the situations with these words in their name")
    parser.add_argument("--markdown", metavar="FILE", help="write the table there, too")
    return parser.parse_args()


def main():
    options = arguments()
    world.enter()
    dns_world.enter()
    begun = time.monotonic()
    results = report.Report("dns")
    played = Drill(options.daemon)
    played.start()
    drill.show("reply and seconds; `!` is lost mail", aligned("", COLUMNS))
    shown = []
    for situation in situations(played.dns):
        if options.rows not in situation.name:
            continue
        row_begun = time.monotonic()
        with drill.progress(situation.name):
            lines, after, before = played.play(situation)
        drill.show(situation.name)
        for line in lines + after:
            drill.show(aligned("  " + line.label, map(str, line.cells)))
        record(results, situation, lines + after, before, time.monotonic() - row_begun)
        shown.append((situation, lines + after))
    shapes(played, results)
    ipv6(played, results)
    bare = bare_gateway()
    bare.mta.start()
    listed = prices(played, bare)
    show_prices(listed)
    for each in listed:
        if each.what == "warm" and each.ours:
            judge(results, "%s: a message seen before costs no question" % each.label,
                  each.questions() == 0, each.types())
    at_connect(played, results)    # last: a list that failed is tested again for a while
    results.write(options.xml)
    if options.markdown:
        write_markdown(options.markdown, shown, listed)
    drill.show("", "mail lost, by", *losses(shown))
    drill.show("%d of our cells and checks judged, %d wrong, %.0f s" % (
        len(results), results.failed, time.monotonic() - begun))
    if results.failed:
        drill.show("", "the end of the daemon's log:", world.tail(played.daemon.log, 40))
    return 1 if results.failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except world.WorldError as error:
        sys.exit("The drill broke off: %s" % error)

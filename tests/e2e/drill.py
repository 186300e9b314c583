#!/usr/bin/python3
"""The outage drill: what a sender hears while the directory is broken.

    tests/e2e/drill.py --daemon FILE [--rows WORDS] [--markdown FILE] [--keep]

Real sendmail, by its socket map and by its milter, and real Postfix, by its milter, ask
mailverdictd, mailverdictd asks real OpenLDAP, and OpenLDAP is stopped, hung, emptied,
half loaded ... In each situation somebody who exists and somebody who does not are asked
for: cold (never asked for before) and seen (asked for just before, while all was well), in
a session opened during the fault and in one that stays open through everything. Each cell
shows the reply and how long it took; the last two columns what is said after the fault, and
how long after.

Beside it three configurations that people run today meet the same faults. They are
shown and never judged; `!` marks a permanent "no" to somebody who exists. Our own
cells are judged: the exit status is 1 when one of them is wrong.
"""

import collections
import concurrent.futures
import contextlib
import glob
import itertools
import os
import sys
import threading
import time

import report
import world

DEADLINE = 4.0       # seconds for a verdict, as in the policy
MAP_TIMEOUT = 5.0    # the FEATURE's -d: what a hung daemon costs sendmail's map
SLACK = 1.5          # a shared machine
HEALED_WITHIN = 5.0

COLUMNS = ("existing", "missing", "existing, seen", "missing, seen",
           "after: existing", "after: missing")
AFTER = 4            # the first column of what is said after the fault

YES, NO, LATER = ("250 2.",), ("550 5.1.1",), ("451 4.",)
HEALTHY = (YES, NO, YES, NO)
BROKEN = (LATER, LATER, YES + LATER, LATER)   # a presence may come from the cache
MUTE = (LATER, LATER, LATER, LATER)


# ---- the gateways ----------------------------------------------------------

def ldap_map(name, value, more="", uris=world.LDAP_URI):
    """A K line as in the books; -w 3, since slapd refuses sendmail's LDAPv2."""
    return ('K%s ldap %s-c 5 -l 10 -w 3 -H "%s" -b %s -s sub -k (mail=%%0) -v %s'
            % (name, more, uris, world.PEOPLE, value))


class Gateway(collections.namedtuple("Gateway", "label mta port ours patience gives_up")):
    """An MTA that checks recipients.

    ours: it asks mailverdictd, and is judged.
    patience: how long it waits for a mailverdictd that hangs, in seconds.
    gives_up: after that it asks no more for the rest of the session, and says "later".
    """


def our_gateways():
    """The three doors of mailverdictd at which recipients are refused."""
    by_map = world.Sendmail("map", 2525, "FEATURE(`mailverdict')")
    by_milter = world.Sendmail("milter", 2529, world.SENDMAIL_MILTER)
    postfix = world.Postfix("postfix", {2530: ("n", {})}, **world.POSTFIX_MILTER)
    return [Gateway("sendmail, socketmap", by_map, 2525, True, MAP_TIMEOUT, False),
            Gateway("sendmail, milter", by_milter, 2529, True, world.MILTER_TIMEOUT, True),
            Gateway("Postfix, milter", postfix, 2530, True, world.MILTER_TIMEOUT, True)]


def other_gateways(uris=world.LDAP_URI):
    """What people run today, with these servers."""
    canonical = "SLocal_check_rcpt\nR$*\t$: $>CanonAddr $1\n"
    address = "R$+ < @ %s . > $*\t$: <$(user $1@%s $: MISSING $)>" % (
        world.DOMAIN, world.DOMAIN)
    canary = " <$(canary control@%s $: MISSING $)>" % world.DOMAIN
    unknown = '$#error $@ 5.1.1 $: "550 User unknown"'
    later = '$#error $@ 4.3.0 $: "451 Directory failed, try again later"'
    stock = world.Sendmail(
        "stock", 2526, "LOCAL_CONFIG\n" + ldap_map("user", "uid", uris=uris),
        canonical + address + "\nR<MISSING>\t" + unknown)
    tempfail = world.Sendmail(
        "tempfail", 2527, "LOCAL_CONFIG\n" + ldap_map("user", "uid", "-T<TMPF> ", uris),
        canonical + address + "\nR<$* <TMPF>>\t" + later + "\nR<MISSING>\t" + unknown)
    two_maps = world.Sendmail(
        "canary", 2528,
        "LOCAL_CONFIG\n" + ldap_map("user", "uid", uris=uris) + "\n"
        + ldap_map("canary", "cn", uris=uris),
        canonical + address + canary + "\nR<$*> <MISSING>\t" + later
        + "\nR<MISSING> <$+>\t" + unknown)
    return [Gateway(label, mta, mta.port, False, 0.0, False) for label, mta in (
        ("ldap map", stock), ("ldap map, -T", tempfail), ("two maps", two_maps))]


# ---- the directory ---------------------------------------------------------

class Directory(world.Slapd):
    """Can be given an index as people add one: its old entries are not in it."""

    def add_index_without_slapindex(self):
        """Only what was added since is found by it: the young controls, and nobody else."""
        self.stop()
        for file in glob.glob(self.database + "/*.mdb"):
            os.remove(file)
        self.configure(indexed="objectClass")
        entries = self._complete()
        self._load(collections.OrderedDict(
            (dn, ldif) for dn, ldif in entries.items() if dn not in world.YOUNG_CONTROL_DNS))
        self.configure()
        self.start()
        self._become(entries)

    def run_slapindex(self):
        self.stop()
        world.run([world.SLAPD, "-T", "index", "-q", "-f", self._config_file],
                  "index the directory")
        self.start()


# ---- the situations --------------------------------------------------------

class Situation:
    """One row of the drill: a fault, how it ends, and what may be said meanwhile.

    expected: for each column, what a right reply begins with; None is not judged.
    daemon: what mailverdictd itself is, when it is the one at fault: "killed" or "hung".
        The other gateways do not meet that.
    empty: the cache is emptied before the fault, so that only the memory of who
        has been seen present can tell.
    again: the columns whose existing and missing person are asked for afterwards.
    note: printed below the row.
    """

    def __init__(self, name, begin=None, end=None, expected=BROKEN, daemon=None,
                 empty=False, again=(0, 1), note=None):
        self.name = name
        self.begin = begin
        self.end = end
        self.expected = expected
        self.daemon = daemon
        self.empty = empty
        self.again = again
        self.note = note

    def limit(self, gateway):
        """How long a reply may take, in seconds."""
        return SLACK + (gateway.patience if self.daemon == "hung" else DEADLINE)

    def poisons(self, gateway):
        """Whether that MTA asks no more in a session that has met this."""
        return self.daemon == "killed" or (self.daemon == "hung" and gateway.gives_up)


def situations(slapd, daemon):
    heal = slapd.make_complete
    return [
        Situation("healthy", expected=HEALTHY),
        Situation("slapd stopped", slapd.stop, slapd.start),
        Situation("slapd hung", slapd.pause, slapd.resume),
        Situation("directory empty", slapd.make_empty, heal),
        Situation("search base missing", slapd.make_baseless, heal),
        Situation("access rules hide all", slapd.hide_all, heal),
        Situation("half loaded, without the control",
                  lambda: slapd.make_half_loaded(with_control=False), heal),
        # Nobody can know of an address that was never seen, and its absence is then
        # rightly remembered for a while. Of those that were seen, we know.
        Situation("half loaded, with the control",
                  lambda: slapd.make_half_loaded(with_control=True), heal,
                  expected=(None, None, LATER, None), empty=True,
                  again=(2, 3),
                  note="A recipient that was never seen before looks absent, with or without "
                       "controls. Three things help: a second server (./quickstart --full), an "
                       "old and a recent account as controls, and the history on disk."),
        Situation("index added without slapindex", slapd.add_index_without_slapindex,
                  slapd.run_slapindex,
                  note="The old controls are not found either, so nothing is proven. If all "
                       "controls were young, they would be found, and every old account would "
                       "be proven absent."),
        Situation("mailverdictd killed", daemon.kill, daemon.start, expected=MUTE,
                  daemon="killed"),
        Situation("mailverdictd hung", daemon.pause, daemon.resume, expected=MUTE[:2],
                  daemon="hung"),
    ]


# ---- asking ----------------------------------------------------------------

class Cell(collections.namedtuple("Cell", "reply exists expected limit")):
    """A reply, and what it should have been."""

    def wrong(self):
        """What is wrong with it, or None."""
        reply = self.reply
        if self.expected is None:
            return None
        said = "%d %s" % (reply.code, reply.enhanced)
        if not said.startswith(self.expected):
            return "%s %s; right is %s" % (said, reply.text, " or ".join(self.expected))
        if reply.seconds > self.limit:
            return "%s after %.1f s; the limit is %.1f s" % (
                said, reply.seconds, self.limit)
        return None

    def loses_mail(self):
        return self.exists and self.reply.code >= 500

    def __str__(self):
        return (str(self.reply) + (" !" if self.loses_mail() else "")
                + (" WRONG" if self.wrong() else ""))


class Line:
    """One line of the table: one gateway, asked in one session about its own people.

    With a session given that one is used throughout, else each step opens its own.
    """

    def __init__(self, gateway, situation, people, session=None):
        self.gateway = gateway
        self.label = "%s, %s session" % (gateway.label, "open" if session else "new")
        self.cells = [None] * len(COLUMNS)
        self._situation = situation
        self._session = session
        self._people = people        # existing, missing, existing seen, missing seen

    @contextlib.contextmanager
    def _talk(self):
        if self._session is not None:
            yield self._session
        else:
            with world.SmtpSession(self.gateway.port) as session:
                yield session

    def warm_up(self):
        """Asks for those who shall have been seen; returns what went wrong, or None."""
        with self._talk() as session:
            cells = [self._cell(session, column, HEALTHY[column], DEADLINE)
                     for column in (2, 3)]
        return next((cell.wrong() for cell in cells if cell.wrong()), None)

    def ask(self):
        """Fills the columns of the fault, the cold ones first."""
        with self._talk() as session:
            for column, expected in enumerate(
                    self._situation.expected[:len(self._people)]):
                self.cells[column] = self._cell(
                    session, column, expected if self.gateway.ours else None,
                    self._situation.limit(self.gateway))

    def ask_after(self, healed_at):
        """Fills the columns of what is said afterwards; ours has five seconds to heal."""
        again = self._situation.again if self.gateway.ours else (0, 1)
        asked = list(zip(itertools.count(AFTER), again, (YES, NO)))
        while asked:
            with self._talk() as session:
                asked = [(column, person, right) for column, person, right in asked
                         if not self._is_final(session, column, person, right, healed_at)]
            time.sleep(0.05 if asked else 0)

    def _is_final(self, session, column, person, right, healed_at):
        """Asks once; whether that is the last word for this column."""
        poisoned = self._situation.poisons(self.gateway) and self._session is not None
        cell = self._cell(session, person, right + LATER if poisoned else right,
                          HEALED_WITHIN)
        passed = time.monotonic() - healed_at
        self.cells[column] = cell._replace(
            reply=cell.reply._replace(seconds=passed),
            expected=cell.expected if self.gateway.ours else None)
        return not self.gateway.ours or passed > HEALED_WITHIN or not cell.wrong()

    def _cell(self, session, column, expected, limit):
        reply = session.ask("%s@%s" % (self._people[column], world.DOMAIN))
        return Cell(reply, column % 2 == 0, expected, limit)


class Drill:
    """The world of one run."""

    def __init__(self, daemon_program):
        self.slapd = Directory(people=480)
        self.daemon = world.Daemon(daemon_program, more=world.MILTER_LISTENER)
        self.gateways = []
        self._existing = iter(self.slapd.vanishing())
        self._missing = ("nobody%03d" % number for number in itertools.count())
        self._sessions = {}     # of our gateways, open through it all
        self._pool = concurrent.futures.ThreadPoolExecutor(16)

    def start(self):
        self.slapd.start()    # first: the daemon need not find it stopped
        self.daemon.start()   # then: sendmail complains when a milter's socket is missing
        self.gateways = our_gateways() + other_gateways()
        self._at_once(lambda gateway: gateway.mta.start(), self.gateways)
        for gateway in self.gateways:
            if gateway.ours:
                self._sessions[gateway] = world.SmtpSession(gateway.port)

    def _at_once(self, work, things):
        return list(self._pool.map(work, things))

    def _people(self, number):
        """Names nobody has asked for yet: existing, missing, existing, ..."""
        return [next(self._missing if odd else self._existing)
                for _ in range(number // 2) for odd in (0, 1)]

    def play(self, situation):
        """From health through the fault to health; returns the lines of the table.

        Also returns what went wrong before the fault, or None.
        """
        lines = [line for gateway in self.gateways
                 for line in self._lines(gateway, situation)]
        before = next(filter(None, self._at_once(
            Line.warm_up, [line for line in lines if line.gateway.ours])), None)
        if situation.empty:
            self.daemon.empty_caches()
        if situation.begin:
            situation.begin()
        self._at_once(Line.ask, lines)
        if situation.end:
            situation.end()
            healed_at = time.monotonic()
            self._at_once(lambda line: line.ask_after(healed_at), lines)
        for gateway in self._sessions:
            if situation.poisons(gateway):
                self._sessions[gateway].close()
                self._sessions[gateway] = world.SmtpSession(gateway.port)
        return lines, before

    def _lines(self, gateway, situation):
        if gateway.ours:
            sessions, people = (None, self._sessions[gateway]), 4
        elif situation.daemon:
            return []
        else:
            session = world.SmtpSession(gateway.port)
            session.ask("%s@%s" % (self.slapd.users[0], world.DOMAIN))
            sessions, people = (None, session), 2
        return [Line(gateway, situation, self._people(people), each) for each in sessions]


# ---- showing ---------------------------------------------------------------

LABEL_WIDTH, CELL_WIDTH = 37, 19


def aligned(label, words):
    return (label.ljust(LABEL_WIDTH)
            + "".join(word.ljust(CELL_WIDTH) for word in words)).rstrip()


def show(*lines):
    print(*map(report.printable, lines), sep="\n", flush=True)


@contextlib.contextmanager
def progress(text):
    """A sign of life every five seconds while something long goes on."""
    done = threading.Event()

    def tell():
        begun = time.monotonic()
        while not done.wait(5):
            show("    ... %s, %.0f s" % (text, time.monotonic() - begun))

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()


def show_situation(situation, lines):
    show(situation.name)
    for line in lines:
        show(aligned("  " + line.label,
                     [str(cell or "-") for cell in line.cells]))
    if situation.note:
        show("  " + situation.note)


def record(results, situation, lines, before, seconds):
    """One test case for each judged cell."""
    results.add("%s: all well before" % situation.name, before, seconds)
    for line in lines:
        for column, cell in zip(COLUMNS, line.cells):
            if cell is None or cell.expected is None:
                continue
            name = "%s: %s: %s" % (situation.name, line.label, column)
            results.add(name, cell.wrong(), cell.reply.seconds)
            if cell.wrong():
                show("  WRONG %s: %s" % (name, cell.wrong()))
    if before:
        show("  WRONG %s, before the fault: %s" % (situation.name, before))


def losses(played):
    """For each gateway, how often somebody who exists was refused for good; and, in
    brackets, in which situations ours did that.
    """
    count, where = collections.Counter(), collections.defaultdict(list)
    for situation, lines in played:
        for line in lines:
            lost = sum(cell is not None and cell.loses_mail() for cell in line.cells)
            count[line.gateway.label] += lost
            names = where[line.gateway.label]
            if lost and line.gateway.ours and situation.name not in names:
                names.append(situation.name)
    return ["%s: %d%s" % (label, lost, " (%s)" % "; ".join(where[label])
                          if where[label] else "") for label, lost in count.items()]


MARKDOWN = """\
# The outage drill

This page shows the replies that a sender gets while the directory is broken. It compares
mailverdict behind sendmail's socket map, sendmail's milter and Postfix's milter with three
configurations in use today: sendmail's `ldap` map, the same with `-T<TMPF>`, and two `ldap` maps
for recipient and canary. The drill runs real sendmail, real Postfix and real slapd.
`./quickstart` prints these tables anew; `./quickstart --full` also prints those of three servers.

Each cell has the reply and the seconds that it took; in a new session the first cell includes the
greeting. The recipients *existing* and *missing* were never asked for before. Those *seen* were
asked for just before the fault; a recipient that was present then may be answered from the cache
(5 minutes). *After* is the reply once the fault is over, and the time since then. **Bold** is lost
mail: a 5xx for a recipient that exists.

%(note)s

%(machine)s, `tests/e2e/drill.py --markdown docs/drill.md`, %(date)s.

"""


def write_markdown(path, played):
    head = ("situation", "asked", "session") + COLUMNS
    rows = [head, ("---",) * len(head)]
    for situation, lines in played:
        for line in lines:
            who, session = line.label.rsplit(", ", 1)
            rows.append((situation.name, who, session.split()[0]) + tuple(
                "**%s**" % str(cell).rstrip(" !") if cell and cell.loses_mail()
                else str(cell or "-") for cell in line.cells))
    machine = "%d shared cores, sendmail, Postfix and slapd of Debian %s" % (
        os.cpu_count(), open("/etc/debian_version").read().strip())
    notes = " ".join("%s: %s" % (situation.name.capitalize(), situation.note)
                     for situation, _ in played if situation.note)
    world.write(path, MARKDOWN % {
        "note": notes, "machine": machine, "date": time.strftime("%Y-%m-%d")}
        + "".join("| %s |\n" % " | ".join(row) for row in rows))


# ---- the program -----------------------------------------------------------

def arguments():
    parser = report.command_line(
        "The outage drill: what a sender hears while LDAP is broken.", "daemon")
    parser.add_argument("--rows", metavar="WORDS", default="",
                        help="only the situations with these words in their name")
    parser.add_argument("--markdown", metavar="FILE", help="write the table there, too")
    parser.add_argument("--keep", action="store_true",
                        help="leave the world running afterwards, until Ctrl-C")
    options = parser.parse_args()
    if not os.access(options.daemon, os.X_OK):
        parser.error("there is no daemon at %s; build it, or say --daemon" %
                     options.daemon)
    return options


def keep(drill):
    """Says how to talk to the world, and waits for Ctrl-C."""
    enter = "%snsenter -t %d -m -n -u -i -p -r -w " % (
        "sudo " if "SUDO_UID" in os.environ else "", world.outside_pid)
    show("", "The world keeps running. In another terminal:")
    for gateway in drill.gateways:
        show("  # " + gateway.label, "  %sswaks --server 127.0.0.1:%d --quit-after RCPT "
             "--from you@elsewhere.example --to %s@%s" % (
                 enter, gateway.port, drill.slapd.users[0], world.DOMAIN))
    show("  # break it and heal it", "  %spkill -STOP slapd" % enter,
         "  %spkill -CONT slapd" % enter,
         "  # what they say", "  %stail -f %s/mailverdictd.log %s/syslog" % (
             enter, world.ROOT, world.ROOT), "Ctrl-C ends it all.")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        show("", "The world is gone.")


def main():
    options = arguments()
    world.enter(postfix=True)
    begun = time.monotonic()
    results = report.Report("drill")
    drill = Drill(options.daemon)
    drill.start()
    show("reply and seconds; `!` is a permanent no to somebody who exists",
         aligned("", COLUMNS))
    played = []
    for situation in situations(drill.slapd, drill.daemon):
        if options.rows not in situation.name:
            continue
        row_begun = time.monotonic()
        with progress(situation.name):
            lines, before = drill.play(situation)
        show_situation(situation, lines)
        record(results, situation, lines, before, time.monotonic() - row_begun)
        played.append((situation, lines))
    results.write(options.xml)
    if options.markdown:
        write_markdown(options.markdown, played)
    show("", "existing people refused for good, by", *("  " + line for line in losses(played)),
         "%d of our cells judged, %d wrong, %.0f s" % (
             len(results), results.failed, time.monotonic() - begun))
    if results.failed:
        show("", "the end of the daemon's log:", world.tail(drill.daemon.log, 40))
    if options.keep:
        keep(drill)
    return 1 if results.failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except world.WorldError as error:
        sys.exit("The drill broke off: %s" % error)

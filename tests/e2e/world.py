"""A throw-away world with real servers: the fixture of the end-to-end tests.

    import world
    world.enter()                        # from here on: alone, on loopback
    slapd = world.Slapd(); slapd.start()
    mta = world.Sendmail("ours", 2525, features="..."); mta.start()
    with world.SmtpSession(mta.port) as smtp:
        print(smtp.ask("somebody@example.test"))

`enter` starts the script again in private mount, network, uts, ipc and pid
namespaces. There /run, /etc and /dev are tmpfs mounts of the world's own, and the
network is a loopback without neighbours; so nothing of the machine is touched, and
when the script ends (or is killed) the kernel ends every process and forgets every
file of the world. It needs root, and works in a chroot too.

There is no resolver. Nobody listens on port 53, so a DNS question fails at once, and
sendmail is told not to ask any. Everything waits for conditions with a bound; a
wait that ends badly raises WorldError with the tail of the server's log.
"""

import collections
import ctypes
import grp
import os
import pwd
import re
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time

ROOT = "/run/world"            # the world's files: logs, queues, databases
DAEMON_SOCKET = "/run/mailverdict/socketmap"
MILTER_SOCKET = "/run/mailverdict/milter"
DOMAIN = "example.test"
SUFFIX = "dc=example,dc=test"
PEOPLE = "ou=people," + SUFFIX
LDAP_URI = "ldap://127.0.0.1:3890/"
CONTROL_MAIL_DN = "cn=control," + PEOPLE     # found by its mail only: it has no uid
CONTROL_UID_DN = "uid=control2," + PEOPLE    # found by its uid only: it has no mail
# Of each kind a young one: where the age of entries matters these are loaded last.
YOUNG_CONTROL_DNS = ("cn=control3," + PEOPLE, "uid=control4," + PEOPLE)

SOURCE_TREE = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.realpath(__file__))))
FEATURE_FILE = os.path.join(
    SOURCE_TREE, "adapters/socketmap/sendmail/mailverdict.m4")
# Where the servers were unpacked (tests/setup.sh); "" if they are installed.
SERVERS = os.environ.get("MAILVERDICT_SERVERS", "")
SLAPD = SERVERS + "/usr/sbin/slapd"
SCHEMAS = SERVERS + "/etc/ldap/schema"
SLAPD_MODULES = SERVERS + "/usr/lib/ldap"
SENDMAIL = SERVERS + "/usr/libexec/sendmail/sendmail"
SENDMAIL_CF = SERVERS + "/usr/share/sendmail/cf"
POSTFIX_LIBRARIES = SERVERS + "/usr/lib/postfix"
POSTFIX_DAEMONS = SERVERS + "/usr/lib/postfix/sbin"
POSTFIX_COMMANDS = SERVERS + "/usr/sbin"
MTA_USER = "smmta"
POSTFIX_USER, POSTFIX_GROUP = "postfix", "postdrop"

# One milter for both MTAs, as docs/sendmail.md and docs/postfix.md have it.
MILTER_LISTENER = (
    'listener { milter: "unix:%s" mode: "0660" owner: "%s" group: "%s" }\n' % (
        MILTER_SOCKET, MTA_USER, POSTFIX_USER))
MILTER_TIMEOUT = 8.0           # seconds, for each command
SENDMAIL_MILTER = (
    "INPUT_MAIL_FILTER(`mailverdict', `S=unix:%s, F=T, T=C:8s;S:8s;R:8s;E:8s')dnl"
    % MILTER_SOCKET)
POSTFIX_MILTER = {"smtpd_milters": (
    "{ unix:%s, default_action=tempfail, connect_timeout=8s, command_timeout=8s,"
    " content_timeout=8s }" % MILTER_SOCKET)}

_INSIDE = "MAILVERDICT_WORLD"
_NEEDED = {                    # command: Debian package
    "unshare": "util-linux", "ip": "iproute2", "m4": "m4", SLAPD: "slapd",
    "ldapmodify": "ldap-utils", SENDMAIL: "sendmail-bin",
    SENDMAIL_CF + "/m4/cf.m4": "sendmail-cf"}
_NEEDED_FOR_POSTFIX = {POSTFIX_DAEMONS + "/master": "postfix",
                       POSTFIX_LIBRARIES + "/postfix-ldap.so": "postfix-ldap"}


class WorldError(Exception):
    """The world is not what the test needs; says what failed, and the log's tail."""


# ---- the namespaces --------------------------------------------------------

_libc = ctypes.CDLL(None, use_errno=True)
MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 1 << 18
_CLONE_NEWNS = 0x20000
_PR_SET_PDEATHSIG = 1


def enter(postfix=False):
    """Returns only inside a new world; outside, runs this script there and exits."""
    os.environ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    if os.environ.pop(_INSIDE, None):
        _furnish()
        return
    if os.geteuid() != 0:
        sys.exit("The world needs root (namespaces); try: sudo " + sys.argv[0])
    needed = dict(_NEEDED, **(_NEEDED_FOR_POSTFIX if postfix else {}))
    missing = sorted({package for command, package in needed.items()
                      if not shutil.which(command) and not os.path.exists(command)})
    if missing:
        sys.exit("Not installed: " + " ".join(missing))
    sys.exit(_run_inside())


def _run_inside():
    """Runs this script under unshare; the world dies with this process."""
    command = ["unshare", "--mount", "--net", "--uts", "--ipc", "--pid", "--fork",
               "--kill-child", "--propagation", "unchanged",
               sys.executable, os.path.abspath(sys.argv[0])] + sys.argv[1:]
    child = subprocess.Popen(
        command, env=dict(os.environ, **{_INSIDE: "1"}),
        preexec_fn=lambda: _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL))
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:   # the terminal has told the script inside, too
            pass


def _check(result, what):
    if result != 0:
        error = ctypes.get_errno()
        raise WorldError("%s: %s" % (what, os.strerror(error)))


def mount(source, target, kind=None, flags=0, data=None):
    encode = lambda text: text.encode() if text is not None else None
    _check(_libc.mount(encode(source), encode(target), encode(kind),
                       ctypes.c_ulong(flags), encode(data)),
           "mount %s on %s" % (source, target))


def _make_mounts_private():
    """Keeps the world's mounts from showing outside.

    `mount --make-rprivate /` is the usual way, but in a chroot / is no mount point.
    Entering the namespace we are in leads to its real root; from there it works.
    """
    here = os.open(".", os.O_RDONLY)
    root = os.open("/", os.O_RDONLY)
    namespace = os.open("/proc/self/ns/mnt", os.O_RDONLY)
    _check(_libc.setns(namespace, _CLONE_NEWNS), "enter the mount namespace")
    mount(None, "/", flags=_MS_REC | _MS_PRIVATE)
    os.fchdir(root)
    os.chroot(".")
    os.fchdir(here)
    for descriptor in (here, root, namespace):
        os.close(descriptor)


def _furnish():
    """Makes the new namespaces a place where servers can live."""
    global outside_pid
    outside_pid = int(os.readlink("/proc/self"))   # while /proc is still the old one
    _make_mounts_private()
    mount("proc", "/proc", "proc")
    mount("tmpfs", "/run", "tmpfs", data="mode=755")
    os.makedirs(ROOT)
    _furnish_etc()
    _furnish_dev()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    socket.sethostname("gw." + DOMAIN)
    _furnish_sendmail_cf()
    threading.Thread(target=_collect_syslog, args=(_syslog_socket(),),
                     daemon=True).start()


outside_pid = None   # this script's process number outside, for nsenter


def _furnish_etc():
    """A copy of /etc in which names come from files only."""
    etc = ROOT + "/etc"
    subprocess.run(["cp", "-a", "/etc", etc], check=True)
    files = {
        "resolv.conf": "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
        "nsswitch.conf": "".join(
            "%s: files\n" % table for table in
            ("passwd", "group", "shadow", "hosts", "services", "protocols", "aliases")),
        "hosts": "127.0.0.1 gw.%s gw localhost\n::1 gw6.%s\n" % (DOMAIN, DOMAIN),
    }
    for name, text in files.items():
        path = os.path.join(etc, name)
        if os.path.lexists(path):
            os.remove(path)
        write(path, text)
    for name in (MTA_USER, POSTFIX_USER, POSTFIX_GROUP):
        add_account(etc, name)
    mount(etc, "/etc", flags=MS_BIND)


def add_account(etc, name):
    """The account of a server's package, where that is not installed."""
    taken = {"passwd": {}, "group": {}}
    for table, numbers in taken.items():
        with open("%s/%s" % (etc, table)) as file:
            numbers.update((line.split(":")[0], int(line.split(":")[2])) for line in file)
    number = next(each for each in range(900, 65000)
                  if all(each not in numbers.values() for numbers in taken.values()))
    if name not in taken["passwd"]:
        with open(etc + "/passwd", "a") as passwd:
            passwd.write("%s:x:%d:%d::/:/usr/sbin/nologin\n" % (name, number, number))
    if name not in taken["group"]:
        with open(etc + "/group", "a") as group:
            group.write("%s:x:%d:\n" % (name, number))


def _furnish_dev():
    """The harmless devices, and room for a /dev/log of our own."""
    dev = ROOT + "/dev"
    os.makedirs(dev)
    for name in ("null", "zero", "full", "random", "urandom", "tty"):
        if os.path.exists("/dev/" + name):
            write(os.path.join(dev, name), "")
            mount("/dev/" + name, os.path.join(dev, name), flags=MS_BIND)
    os.symlink("/proc/self/fd", dev + "/fd")
    mount(dev, "/dev", flags=MS_BIND | _MS_REC)


def _furnish_sendmail_cf():
    """sendmail's configuration kit with our FEATURE among its own."""
    kit = ROOT + "/cf"
    os.makedirs(kit + "/feature")
    for name in os.listdir(SENDMAIL_CF):
        if name != "feature":
            os.symlink(os.path.join(SENDMAIL_CF, name), os.path.join(kit, name))
    features = os.path.join(SENDMAIL_CF, "feature")
    for name in os.listdir(features):
        if name != "mailverdict.m4":
            os.symlink(os.path.join(features, name), os.path.join(kit, "feature", name))
    os.symlink(FEATURE_FILE, kit + "/feature/mailverdict.m4")


def _syslog_socket():
    server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    server.bind("/dev/log")
    os.chmod("/dev/log", 0o666)
    return server


def _collect_syslog(server):
    """Only syslog says why sendmail refuses a map; nobody may block on it either."""
    with open(ROOT + "/syslog", "ab", buffering=0) as log:
        while True:
            log.write(server.recv(65536).rstrip(b"\0\n") + b"\n")


# ---- small tools -----------------------------------------------------------

def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def tail(path, lines=15):
    """The end of a log, indented, for an error message."""
    try:
        with open(path, errors="replace") as file:
            last = file.readlines()[-lines:]
    except FileNotFoundError:
        return "    (no %s)" % path
    return "".join("    " + line for line in last) or "    (%s is empty)" % path


def wait_until(condition, seconds, what, log=None):
    """Polls; raises WorldError saying what did not happen, with the log's tail."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            message = "not within %g s: %s" % (seconds, what)
            raise WorldError(message + ("\n" + tail(log) if log else ""))
        time.sleep(0.01)


def accepts(family, address):
    """Whether somebody takes connections there."""
    with socket.socket(family, socket.SOCK_STREAM) as client:
        client.settimeout(1)
        return client.connect_ex(address) == 0


def has_ipv6():
    """Whether the kernel gave this network namespace an IPv6 loopback."""
    return os.path.exists("/proc/net/if_inet6")


def run(command, what, **options):
    """Runs a command to its end; a failure is a WorldError with its output."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          universal_newlines=True, timeout=30, **options)
    if done.returncode != 0:
        raise WorldError("%s: %s ended with %d\n%s" % (
            what, command[0], done.returncode, done.stdout[-2000:]))
    return done.stdout


class Server:
    """One process of the world, with a log file; it can be paused and come back."""

    own_group = False    # of processes: for one with children, to signal all of them

    def __init__(self, name, command):
        self.name = name
        self.command = command
        self.log = "%s/%s.log" % (ROOT, name)
        self.pass_fds = ()
        self._process = None
        self._paused = False

    @property
    def pid(self):
        return self._process.pid

    def ready(self):
        raise NotImplementedError

    def signal(self, number):
        self._process.send_signal(number)

    def wait(self, seconds=10):
        """Its exit status, when it ends by itself."""
        try:
            return self._process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise WorldError("%s does not end\n%s" % (
                self.name, tail(self.log))) from None

    def start(self):
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, pass_fds=self.pass_fds,
                start_new_session=self.own_group)
        wait_until(self._ready_or_dead, 30, self.name + " is ready", self.log)
        if self._process.poll() is not None:
            raise WorldError("%s ended with %d at its start\n%s" % (
                self.name, self._process.returncode, tail(self.log)))

    def _ready_or_dead(self):
        return self._process.poll() is not None or self.ready()

    def stop(self):
        """Asks it to end, and waits until it has; returns its exit status."""
        return self._end(signal.SIGTERM)

    def kill(self):
        """SIGKILL: it has no chance to say good-bye."""
        return self._end(signal.SIGKILL)

    def _end(self, number):
        self.signal(number)
        self.resume()
        return self.wait()

    def pause(self):
        """SIGSTOP: connections still open, nobody answers."""
        self.signal(signal.SIGSTOP)
        stat = "/proc/%d/stat" % self._process.pid
        wait_until(lambda: open(stat).read().rsplit(")", 1)[1].split()[0] == "T",
                   5, self.name + " is stopped")
        self._paused = True

    def resume(self):
        if self._paused:
            self.signal(signal.SIGCONT)
            self._paused = False


# ---- the servers -----------------------------------------------------------

class Slapd(Server):
    """OpenLDAP with a few hundred people and four controls.

    Data and access rules are changed while it runs, so that its connections stay:
    only its answers change.
    """

    _PASSWORD = "secret"
    _ROOT_DN = "cn=root," + SUFFIX
    _SCHEMAS = ("core", "cosine", "inetorgperson")
    _SUFFIX_ENTRY = ("dn: %s\nobjectClass: dcObject\nobjectClass: organization\n"
                     "o: Example\ndc: example\n" % SUFFIX)
    _PEOPLE_ENTRY = "dn: %s\nobjectClass: organizationalUnit\nou: people\n" % PEOPLE
    _CONTROLS = {
        dn: "dn: %s\nobjectClass: inetOrgPerson\ncn: %s\nsn: control\n%s\n" % (
            dn, name, "mail: %s@%s" % (name, DOMAIN) if dn.startswith("cn=")
            else "uid: " + name)
        for dn, name in (
            (CONTROL_MAIL_DN, "control"), (CONTROL_UID_DN, "control2"),
            (YOUNG_CONTROL_DNS[0], "control3"), (YOUNG_CONTROL_DNS[1], "control4"))}

    def __init__(self, people=240, name="slapd", uri=LDAP_URI, also="", log="none"):
        """`people` is even: the first half is what a half-loaded replica still has.

        `also`: other URIs at which it listens; `log`: its -d.
        """
        self.uri = uri
        self.database = "%s/%s" % (ROOT, name)
        os.makedirs(self.database)
        self._config_file = self.database + ".conf"
        super().__init__(name, [SLAPD, "-d", log, "-f", self._config_file,
                                "-h", " ".join([uri, also])])
        self.users = ["user%03d" % number for number in range(people)]
        self._entries = collections.OrderedDict()   # what it holds: dn -> LDIF
        self.configure()
        self._load(self._complete())

    def ready(self):
        port = int(self.uri.rstrip("/").rpartition(":")[2])
        return accepts(socket.AF_INET, ("127.0.0.1", port))

    def searches(self):
        """How many it was asked for so far, by its log "stats"."""
        with open(self.log, "rb") as log:
            return log.read().count(b" SRCH base=")

    def configure(self, server=(), database=(), indexed="objectClass,uid,mail"):
        """Adds these lines to slapd.conf's two sections, for the next start."""
        lines = ["include %s/%s.schema" % (SCHEMAS, schema) for schema in self._SCHEMAS]
        lines += ["modulepath " + SLAPD_MODULES, "moduleload back_mdb", "loglevel none"]
        lines += list(server) + [
            "database config", "rootpw " + self._PASSWORD,
            "database mdb", 'suffix "%s"' % SUFFIX, 'rootdn "%s"' % self._ROOT_DN,
            "rootpw " + self._PASSWORD, "directory " + self.database, "dbnosync",
            "maxsize 268435456",           # its default, 10 MB, is 3,000 people
            "index %s eq" % indexed, "access to * by * read"]
        write(self._config_file, "\n".join(lines + list(database) + [""]))

    def _person(self, user):
        dn = "uid=%s,%s" % (user, PEOPLE)
        return dn, ("dn: %s\nobjectClass: inetOrgPerson\nuid: %s\ncn: %s\nsn: %s\n"
                    "mail: %s@%s\n" % (dn, user, user, user, user, DOMAIN))

    def _complete(self):
        entries = collections.OrderedDict(
            [(SUFFIX, self._SUFFIX_ENTRY), (PEOPLE, self._PEOPLE_ENTRY)])
        entries.update(self._CONTROLS)
        entries.update(self._person(user) for user in self.users)
        return entries

    def _load(self, entries):
        """Fills the database before the first start."""
        run([SLAPD, "-T", "add", "-q", "-f", self._config_file],
            "load the directory", input="\n".join(entries.values()))
        self._entries = entries

    def _become(self, entries):
        """Makes the running server hold exactly these entries."""
        gone = [dn for dn in reversed(self._entries) if dn not in entries]
        new = [ldif for dn, ldif in entries.items() if dn not in self._entries]
        changes = ["dn: %s\nchangetype: delete\n" % dn for dn in gone]
        changes += [ldif.replace("\n", "\nchangetype: add\n", 1) for ldif in new]
        if changes:
            self._modify(self._ROOT_DN, "\n".join(changes))
        self._entries = entries

    def _modify(self, who, changes):
        run(["ldapmodify", "-x", "-H", self.uri, "-D", who, "-w", self._PASSWORD],
            "change the directory", input=changes)

    def set_access(self, *rules):
        """Replaces the access rules of the running server."""
        lines = "".join("olcAccess: {%d}%s\n" % pair for pair in enumerate(rules))
        self._modify("cn=config", "dn: olcDatabase={1}mdb,cn=config\n"
                     "changetype: modify\nreplace: olcAccess\n" + lines)

    def add(self, ldif):
        """Adds an entry to the running server."""
        dn, _, rest = ldif.partition("\n")
        self._modify(self._ROOT_DN, "%s\nchangetype: add\n%s" % (dn, rest))

    def make_complete(self):
        """Everybody is there, and readable."""
        self.set_access("to * by * read")
        self._become(self._complete())

    def make_empty(self):
        """The base is there, nobody below it."""
        self._become(collections.OrderedDict(
            [(SUFFIX, self._SUFFIX_ENTRY), (PEOPLE, self._PEOPLE_ENTRY)]))

    def make_baseless(self):
        """The suffix is there, the search base is not: noSuchObject."""
        self._become(collections.OrderedDict([(SUFFIX, self._SUFFIX_ENTRY)]))

    def make_half_loaded(self, with_control):
        """Only the first half of the people; no control, or all of them."""
        entries = self._complete()
        for user in self.vanishing():
            del entries[self._person(user)[0]]
        if not with_control:
            for dn in self._CONTROLS:
                del entries[dn]
        self._become(entries)

    def hide_all(self):
        """An access rule is lost: the search succeeds and finds nothing."""
        self.set_access("to attrs=mail,uid by * none", "to * by * read")

    def vanishing(self):
        """The people that a half-loaded replica lacks."""
        return self.users[len(self.users) // 2:]


class Sendmail(Server):
    """One sendmail on loopback, with a queue and a configuration of its own.

    `features` stands above MAILER() in its .mc file, `rules` below LOCAL_RULESETS.
    `resolves`: it asks DNS itself, and refuses senders whose domain does not resolve.
    `canonifies`: it follows aliases in DNS (CNAME) of the domains of addresses.
    """

    def __init__(self, name, port, features="", rules="", resolves=False, canonifies=False):
        self.port = port
        self._resolves = resolves
        self._canonifies = canonifies
        self._directory = "%s/%s" % (ROOT, name)
        self.cf = self._directory + "/sendmail.cf"
        super().__init__(name, [SENDMAIL, "-bD", "-C", self.cf])
        self._furnish(features, rules)

    def _furnish(self, features, rules):
        queue = self._directory + "/queue"
        os.makedirs(queue)
        os.chmod(queue, 0o700)
        account = pwd.getpwnam(MTA_USER)
        for path in (queue, self._directory):
            os.chown(path, account.pw_uid, account.pw_gid)
        write(self._directory + "/empty", "")
        source = self._directory + "/sendmail.mc"
        write(source, self._mc(features, rules))
        with open(self.cf, "w") as cf:
            done = subprocess.run(["m4", "-D_CF_DIR_=%s/cf/" % ROOT, source], stdout=cf,
                                  stderr=subprocess.PIPE, universal_newlines=True)
        if done.returncode != 0 or done.stderr:
            raise WorldError("m4 does not like %s: %s" % (source, done.stderr))

    def _mc(self, features, rules):
        here = self._directory
        options = {
            "confDOMAIN_NAME": "gw." + DOMAIN, "confCW_FILE": "-o %s/empty" % here,
            "QUEUE_DIR": here + "/queue", "confPID_FILE": here + "/pid",
            "STATUS_FILE": here + "/statistics", "HELP_FILE": here + "/empty",
            "ALIAS_FILE": here + "/empty", "confSERVICE_SWITCH_FILE": here + "/switch",
            "confRUN_AS_USER": MTA_USER, "confTO_IDENT": "0",
            "confDONT_PROBE_INTERFACES": "True",
            # A busy build machine is no reason to turn a test away.
            "confQUEUE_LA": "1000", "confREFUSE_LA": "1000", "confDELAY_LA": "1000"}
        write(here + "/switch", "hosts %sfiles\naliases files\npasswd files\n" % (
            "dns " if self._resolves else ""))
        lines = ["divert(-1)", "include(`%s/m4/cf.m4')" % SENDMAIL_CF, "divert(0)dnl",
                 "OSTYPE(`linux')dnl"]
        lines += ["define(`%s', `%s')dnl" % pair for pair in options.items()]
        lines += [
            "FEATURE(`no_default_msa')dnl",
            "" if self._canonifies else "FEATURE(`nocanonify')dnl",
            "" if self._resolves else "FEATURE(`accept_unresolvable_domains')dnl",
            "DAEMON_OPTIONS(`Name=MTA, Family=inet, Addr=127.0.0.1, Port=%d')dnl"
            % self.port]
        if has_ipv6():
            lines.append("DAEMON_OPTIONS(`Name=MTA6, Family=inet6, Addr=::1, Port=%d')dnl"
                         % self.port)
        lines += ["RELAY_DOMAIN(`%s')dnl" % DOMAIN, features, "MAILER(`smtp')dnl",
                  "LOCAL_RULESETS", rules, ""]
        return "\n".join(lines)

    def ready(self):
        return accepts(socket.AF_INET, ("127.0.0.1", self.port))


class Postfix(Server):
    """One Postfix on loopback, with a queue and a configuration of its own.

    `ports`: for each port its smtpd's chroot ("y" or "n") and its parameters that differ
    from those in `parameters`, which are main.cf's.
    """

    _PUBLIC, _ROOTS = ("public", "maildrop"), ("pid",)
    _QUEUES = ("active bounce corrupt defer deferred flush hold incoming private saved trace"
               .split())

    def __init__(self, name, ports, **parameters):
        self.ports = ports
        self.directory = "%s/%s" % (ROOT, name)
        # master clears the environment, but for what main.cf says.
        super().__init__(name, ["env"] + self._environment() + [
            POSTFIX_DAEMONS + "/master", "-c", self.directory])
        self._furnish_queue()
        write(self.directory + "/main.cf", "".join(
            "%s = %s\n" % pair for pair in dict(self._main(), **parameters).items()))
        write(self.directory + "/master.cf", self._master())
        write(self.directory + "/dynamicmaps.cf", "ldap postfix-ldap.so dict_ldap_open\n")

    def _environment(self):
        return ["LD_LIBRARY_PATH=" + POSTFIX_LIBRARIES, "MAIL_CONFIG=" + self.directory]

    @staticmethod
    def _libraries():
        """Where its own user, too, may read them: below /root proxymap finds no tables."""
        folder = ROOT + "/postfix-libraries"
        if not os.path.exists(folder):
            os.makedirs(folder)
            mount(POSTFIX_LIBRARIES, folder, flags=MS_BIND)
        return folder

    def _furnish_queue(self):
        account, group = pwd.getpwnam(POSTFIX_USER), grp.getgrnam(POSTFIX_GROUP)
        self.queue = self.directory + "/queue"
        for name in self._QUEUES + list(self._PUBLIC + self._ROOTS):
            os.makedirs(os.path.join(self.queue, name))
        os.makedirs(self.directory + "/data")
        for path in [self.directory + "/data"] + [
                os.path.join(self.queue, name) for name in self._QUEUES]:
            os.chown(path, account.pw_uid, -1)
            os.chmod(path, 0o700)
        for name, mode in zip(self._PUBLIC, (0o2710, 0o1730)):
            os.chown(os.path.join(self.queue, name), account.pw_uid, group.gr_gid)
            os.chmod(os.path.join(self.queue, name), mode)

    def _main(self):
        return {
            "compatibility_level": "3.6", "queue_directory": self.queue,
            "data_directory": self.directory + "/data",
            "daemon_directory": POSTFIX_DAEMONS, "command_directory": POSTFIX_COMMANDS,
            "shlib_directory": self._libraries(), "meta_directory": self.directory,
            "mail_owner": POSTFIX_USER,
            "setgid_group": POSTFIX_GROUP,
            "import_environment": " ".join(self._environment()),
            "myhostname": "gw." + DOMAIN, "mydestination": "", "relay_domains": DOMAIN,
            "mynetworks": "127.0.0.1/32", "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4", "smtputf8_enable": "yes", "alias_maps": "",
            "local_recipient_maps": "", "smtpd_peername_lookup": "no",
            # Postfix slows down and cuts off who makes many errors.
            "smtpd_error_sleep_time": "0", "smtpd_soft_error_limit": "10000",
            "smtpd_hard_error_limit": "10000", "smtpd_junk_command_limit": "10000"}

    def _master(self):
        lines = []
        for port, (chroot, parameters) in self.ports.items():
            lines.append("127.0.0.1:%d inet n - %s - - smtpd" % (port, chroot))
            lines += ["  -o { %s = %s }" % pair for pair in parameters.items()]
        lines += ["%s unix %s - n %s %d %s" % line for line in (
            ("cleanup", "n", "-", 0, "cleanup"), ("qmgr", "n", "300", 1, "qmgr"),
            ("rewrite", "-", "-", 10, "trivial-rewrite"), ("bounce", "-", "-", 0, "bounce"),
            ("defer", "-", "-", 0, "bounce"), ("trace", "-", "-", 0, "bounce"),
            ("proxymap", "-", "-", 10, "proxymap"), ("anvil", "-", "-", 1, "anvil"),
            ("error", "-", "-", 10, "error"), ("retry", "-", "-", 10, "error"),
            ("smtp", "-", "-", 10, "smtp"), ("relay", "-", "-", 10, "smtp"))]
        return "\n".join(lines) + "\n"

    def ready(self):
        return all(accepts(socket.AF_INET, ("127.0.0.1", port)) for port in self.ports)

    def postmap(self, key, table):
        """What a lookup says: (exit status, value, complaint)."""
        done = subprocess.run(
            ["env"] + self._environment() + [
                POSTFIX_COMMANDS + "/postmap", "-q", key, table], timeout=30,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
        return done.returncode, done.stdout.rstrip("\n"), done.stderr


class Daemon(Server):
    """mailverdictd, started as root and told to become sendmail's user."""

    POLICY = """\
listener { socketmap: "unix:%(socket)s" mode: "%(mode)s" group: "%(group)s" }
user: "%(user)s"
deadline: "4s"
directory {
  name: "people"
  uri: "%(uri)s"
  base: "%(base)s"
  scope: SUBTREE
  filter: "(|(mail=%%a)(uid=%%u))"
  timeout: "3s"
  control { arm: "mail" address: "control@%(domain)s" dn: "%(control_mail)s" }
  control { arm: "uid" address: "control2@%(domain)s" dn: "%(control_uid)s" }
  control { arm: "mail" address: "control3@%(domain)s" dn: "%(young_mail)s" }
  control { arm: "uid" address: "control4@%(domain)s" dn: "%(young_uid)s" }
  cache { present: "5m" absent: "30s" }
}
realm { domain: "%(domain)s" directory: "people" }
check { recipient { } }
"""

    def __init__(self, program, user=MTA_USER, more="", mode="0660"):
        """`more`: lines that the policy has besides, such as a milter's listener.

        `mode`: of its socket; who is not in the MTA's group needs "0666".
        """
        account = pwd.getpwnam(user)
        os.makedirs(os.path.dirname(DAEMON_SOCKET))
        os.chown(os.path.dirname(DAEMON_SOCKET), account.pw_uid, account.pw_gid)
        self.policy = ROOT + "/policy.textproto"
        self.policy_text = self.POLICY % {
            "socket": DAEMON_SOCKET, "mode": mode, "user": user,
            "group": grp.getgrgid(account.pw_gid).gr_name, "uri": LDAP_URI.rstrip("/"),
            "base": PEOPLE, "domain": DOMAIN, "control_mail": CONTROL_MAIL_DN,
            "control_uid": CONTROL_UID_DN, "young_mail": YOUNG_CONTROL_DNS[0],
            "young_uid": YOUNG_CONTROL_DNS[1]} + more
        write(self.policy, self.policy_text)
        self._emptied = 0
        # A copy, since a build may replace the program while it is used here.
        self.program = shutil.copy(program, ROOT + "/mailverdictd")
        super().__init__("mailverdictd", [self.program, "--policy", self.policy])

    def ready(self):
        return accepts(socket.AF_UNIX, DAEMON_SOCKET) and (
            MILTER_LISTENER not in self.policy_text or os.path.exists(MILTER_SOCKET))

    def reload(self):
        """SIGHUP. The cache of a directory of which the policy says the same stays."""
        before = os.path.getsize(self.log)
        self._process.send_signal(signal.SIGHUP)
        wait_until(lambda: self._has_read(before), 5,
                   "mailverdictd says that it has read its policy again", self.log)

    def empty_caches(self):
        """SIGHUP with another size of the caches of directories and of DNS: they begin empty.

        The history stays.
        """
        self._emptied += 1
        with open(self.policy) as file:
            text = re.sub(r" max_entries: 1\d{5}\b", "", file.read())
        size = "max_entries: %d" % (100000 + self._emptied)
        text = re.sub(r'(cache { present: "[^"]*")', r"\1 " + size, text)
        write(self.policy, re.sub(r'(dns { server: "[^"]*")( cache {[^}]*})?',
                                  r"\1 cache { " + size + " }", text))
        self.reload()

    def _has_read(self, before):
        with open(self.log, errors="replace") as log:
            log.seek(before)
            said = log.read()
        return " read again\n" in said or "policy refused" in said


# ---- the client ------------------------------------------------------------

class Reply(collections.namedtuple("Reply", "code enhanced text seconds")):
    """What one RCPT got; code 0 is no reply at all (the connection broke)."""

    def __str__(self):
        words = [str(self.code) if self.code else "none", self.enhanced,
                 "%.2fs" % self.seconds]
        return " ".join(word for word in words if word)


class SmtpSession:
    """One SMTP session; each question is a transaction of its own in it."""

    TIMEOUT = 60    # longer than any wait of an MTA's that the tests provoke

    def __init__(self, port, host="127.0.0.1", source=None):
        begun = time.monotonic()
        self._smtp = smtplib.SMTP(host, port, local_hostname="client.example",
                                  timeout=self.TIMEOUT,
                                  source_address=(source, 0) if source else None)
        self._smtp.ehlo()
        self._greeting = time.monotonic() - begun    # an MTA may wait for a milter

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._smtp.close()

    def ask(self, recipient, sender="sender@elsewhere.example"):
        """RCPT TO:<recipient> in a message of its own, timed.

        When MAIL was refused already, that is the reply. The first question of a session
        took the greeting's time, too. The recipient may be bytes.
        """
        if isinstance(recipient, str):
            recipient = recipient.encode()
        self.say(b"RSET")
        waited, self._greeting = self._greeting, 0.0
        reply = self.say(b"MAIL FROM:<" + sender.encode() + b">")
        if reply.code == 250:
            waited += reply.seconds
            reply = self.say(b"RCPT TO:<" + recipient + b">")
        return reply._replace(seconds=reply.seconds + waited)

    def say(self, command):
        """One command, or what follows DATA, as bytes without the last CR LF."""
        begun = time.monotonic()
        try:
            self._smtp.send(command + b"\r\n")
            code, text = self._smtp.getreply()
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            return Reply(0, "", str(error), time.monotonic() - begun)
        seconds = time.monotonic() - begun
        first, _, rest = text.decode(errors="replace").partition(" ")
        if first.replace(".", "").isdigit():
            return Reply(code, first, rest, seconds)
        return Reply(code, "", " ".join([first, rest]), seconds)

    def deliver(self, *recipients, mark="a test"):
        """A whole message: the replies to each RCPT, and the one that counts at the end.

        That is None when no recipient was taken, and that of MAIL when it was refused.
        `mark` is its subject.
        """
        reply = self.say(b"MAIL FROM:<sender@elsewhere.example>")
        if reply.code != 250:
            return [], reply
        replies = [self.say(b"RCPT TO:<" + each.encode() + b">") for each in recipients]
        if not any(each.code == 250 for each in replies):
            self.say(b"RSET")
            return replies, None
        reply = self.say(b"DATA")
        if reply.code == 354:
            reply = self.say(b"Subject: " + mark.encode() + b"\r\n\r\nText\r\n.")
        return replies, reply

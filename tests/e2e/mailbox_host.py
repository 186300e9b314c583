"""The host with the mailboxes: its own directory, accounts, Dovecot, and MTAs.

    world.enter(postfix=True); mailbox_host.furnish()
    directory = mailbox_host.Directory(); directory.start()
    dovecot = mailbox_host.Dovecot(directory); dovecot.start()

It has a slapd of its own beside the gateway's. From that one come Dovecot's users, by its
userdb, and the host's accounts, by nslcd and NSS; so both can be broken while the gateway
knows everybody. Dovecot has some paths built in: where it is not installed, `furnish`
lays a read-only overlay over /usr/lib and /usr/bin, in the world only.
"""

import collections
import glob
import os
import pwd
import re
import signal
import socket
import socketserver
import subprocess
import threading

import world

LDAP_URI = "ldap://127.0.0.1:3891/"
# The unpacked servers, where those can go who may not enter the home of root.
SERVERS = world.SERVERS and world.ROOT + "/servers"
DOVECOT = SERVERS + "/usr/sbin/dovecot"
DOVECOT_LDA = "/usr/lib/dovecot/dovecot-lda"
MAIL_LOCAL = SERVERS + "/usr/libexec/sendmail/mail.local"
PROCMAIL = SERVERS + "/usr/bin/procmail"
NSLCD = SERVERS + "/usr/sbin/nslcd"
NSS_MODULE = SERVERS + "/lib/*/libnss_ldap.so.2"
LMTP_SOCKET, LMTP_PORT = "/run/dovecot/lmtp", 2424
LOGIN_SOCKET = "/run/dovecot/login/login"
SINK_PORT = 2600               # who is no user of ours gets mail here: bounces
MAILDIRS, SPOOL = world.ROOT + "/mail", "/var/mail"
SENDER = "sender@elsewhere.example"

_NEEDED = {                    # program: Debian package
    "/usr/sbin/dovecot": "dovecot-core", "/usr/lib/dovecot/lmtp": "dovecot-lmtpd",
    "/usr/lib/dovecot/modules/auth/libauthdb_ldap.so": "dovecot-ldap",
    "/usr/bin/procmail": "procmail", "/usr/sbin/nslcd": "nslcd",
    "/lib/*/libnss_ldap.so.2": "libnss-ldapd"}


def furnish():
    """Gives the world what the host's servers expect. Once, after world.enter()."""
    missing = [package for program, package in _NEEDED.items()
               if not glob.glob(world.SERVERS + program)]
    if missing:
        raise world.WorldError("Not installed: " + " ".join(missing))
    for name in ("dovecot", "dovenull", "vmail"):
        world.add_account("/etc", name)
    if SERVERS:
        os.makedirs(SERVERS)
        world.mount(world.SERVERS, SERVERS, flags=world.MS_BIND)
        libraries = {"dovecot": SERVERS + "/usr/lib/dovecot"}
        for module in glob.glob(NSS_MODULE):
            libraries[os.path.join(*module.split("/")[-2:])] = module
        overlay("/usr/lib", libraries)
        overlay("/usr/bin", {"doveconf": SERVERS + "/usr/bin/doveconf"})
    world.mount("tmpfs", SPOOL, "tmpfs", data="mode=1777")
    os.makedirs(MAILDIRS)
    os.chown(MAILDIRS, pwd.getpwnam("vmail").pw_uid, pwd.getpwnam("vmail").pw_gid)
    with open("/etc/nsswitch.conf") as file:
        switch = file.read()
    world.write("/etc/nsswitch.conf", switch.replace("passwd: files", "passwd: files ldap"))


def overlay(target, links):
    """Makes more names seen in a folder: name -> what it shall be a link to."""
    layer = world.ROOT + "/layer" + target
    for name, real in links.items():
        link = os.path.join(layer, name)
        os.makedirs(os.path.dirname(link), exist_ok=True)
        os.symlink(real, link)
    world.mount("overlay", target, "overlay", data="lowerdir=%s:%s" % (layer, target))


# ---- the servers -----------------------------------------------------------

class Directory(world.Slapd):
    """The host's own slapd: the same people, and each is an account."""

    _SCHEMAS = world.Slapd._SCHEMAS + ("nis",)

    def __init__(self):
        super().__init__(name="slapd-mailbox", uri=LDAP_URI)

    def _person(self, user):
        dn, ldif = super()._person(user)
        account = ("objectClass: posixAccount\nuidNumber: %d\ngidNumber: 100\n"
                   "homeDirectory: /\n" % (20000 + int(user[-3:])))
        return dn, ldif.replace("uid:", account + "uid:", 1)


class Nslcd(world.Server):
    """Who answers getpwnam from the host's directory."""

    SOCKET = "/run/nslcd/socket"

    def __init__(self):
        os.makedirs(os.path.dirname(self.SOCKET))
        config = world.ROOT + "/nslcd.conf"
        world.write(config, "uri %s\nbase %s\nbind_timelimit 2\ntimelimit 2\n"
                    "reconnect_sleeptime 1\nreconnect_retrytime 1\n" % (
            LDAP_URI, world.PEOPLE))
        os.chmod(config, 0o600)
        world.write("/etc/nslcd.conf", open(config).read())
        super().__init__("nslcd", [NSLCD, "-n"])

    def ready(self):
        return world.accepts(socket.AF_UNIX, self.SOCKET)


class Dovecot(world.Server):
    """LMTP on a unix socket and on a port; the users are in the host's directory."""

    CONFIG = "/etc/dovecot/dovecot.conf"
    _TEXT = """\
protocols = lmtp
ssl = no
listen = 127.0.0.1
log_path = %(log)s
postmaster_address = postmaster@%(domain)s
mail_temp_dir = %(root)s
mail_location = maildir:%(mail)s/%%n
auth_username_format = %%Ln
service lmtp {
  unix_listener lmtp {
    mode = 0666
  }
  inet_listener lmtp {
    address = 127.0.0.1
    port = %(port)d
  }
}
service stats {
  unix_listener stats-writer {
    mode = 0666
  }
}
service auth {
  unix_listener auth-userdb {
    mode = 0666
    user = vmail
  }
}
passdb {
  driver = ldap
  args = %(ldap)s
}
userdb {
  driver = ldap
  args = %(ldap)s
}
"""
    _LDAP = """\
uris = %(uri)s
base = %(base)s
user_filter = (uid=%%n)
user_attrs = =uid=vmail,=gid=vmail,=home=%(mail)s/%%n
pass_filter = (uid=%%n)
"""

    def __init__(self):
        super().__init__("dovecot", [DOVECOT, "-F", "-c", self.CONFIG])
        words = {"log": self.log, "domain": world.DOMAIN, "mail": MAILDIRS,
                 "port": LMTP_PORT, "uri": LDAP_URI, "base": world.PEOPLE,
                 "root": world.ROOT,
                 "ldap": os.path.dirname(self.CONFIG) + "/ldap.conf"}
        os.makedirs(os.path.dirname(self.CONFIG), exist_ok=True)
        world.write(self.log, "")
        os.chmod(self.log, 0o666)      # dovecot-lda writes there, too, as anybody
        world.write(self.CONFIG, self._TEXT % words)
        world.write(words["ldap"], self._LDAP % words)

    def start(self):
        # A child of the one before may hold its sockets a while longer.
        world.wait_until(lambda: not world.accepts(socket.AF_UNIX, LOGIN_SOCKET), 10,
                         "the dovecot before has gone", self.log)
        super().start()

    def ready(self):
        return world.accepts(socket.AF_INET, ("127.0.0.1", LMTP_PORT))

    def kill(self):
        """Its processes, too: they would finish what they do."""
        return kill_with(processes(lambda pid: status_of(pid)["PPid"] == str(self.pid)),
                         super().kill)


class Deliver(world.Server):
    """mailverdict-deliver as a server: the LMTP proxy, or the map."""

    def __init__(self, name, program, *words):
        address = words[words.index("--lmtp" if "--lmtp" in words else "--map") + 1]
        kind, _, where = address.partition(":")
        self._where = (socket.AF_UNIX, where) if kind == "unix" else (
            socket.AF_INET, ("127.0.0.1", int(where.rpartition(":")[2])))
        super().__init__(name, [program] + list(words))

    def ready(self):
        return world.accepts(*self._where)


class Sendmail(world.Sendmail):
    """A sendmail that delivers to mailboxes, as root.

    `features` choose the local mailer. `port` asks mailverdictd for recipients; the next
    one does not, as an MSA. Mail for others, so bounces, goes to the Sink.
    """

    _FEATURES = """\
undefine(`confRUN_AS_USER')dnl
LOCAL_DOMAIN(`%(domain)s')dnl
DAEMON_OPTIONS(`Name=MSA, Family=inet, Addr=127.0.0.1, Port=%(unchecked)d')dnl
define(`SMART_HOST', `relay:[127.0.0.1]')dnl
define(`RELAY_MAILER_ARGS', `TCP $h %(sink)d')dnl
FEATURE(`mailverdict')dnl
%(more)s"""

    def __init__(self, name, port, features, rules=""):
        self.unchecked = port + 1
        super().__init__(name, port, self._FEATURES % {
            "domain": world.DOMAIN, "unchecked": self.unchecked, "sink": SINK_PORT,
            "more": features}, rules)
        for path in (self._directory, self._directory + "/queue"):
            os.chown(path, 0, 0)

    def flush(self):
        """One queue run, to its end. Its exit status is that of some delivery."""
        subprocess.run([world.SENDMAIL, "-C", self.cf, "-qf"], timeout=60,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def waiting(self):
        """Whether mail is in its queue."""
        return bool(glob.glob(self._directory + "/queue/[qd]f*"))

    def kill(self):
        """Whoever works in its queue."""
        return kill_with(working_in(self._directory), super().kill)


class Postfix(world.Postfix):
    """A Postfix that delivers to mailboxes; its ports as with Sendmail.

    `services` are more lines of master.cf.
    """

    _SERVICES = """\
pickup unix n - n 60 1 pickup
flush unix n - n 1000 0 flush
local unix - n n - 50 local
lmtp unix - - n - 50 lmtp
"""

    def __init__(self, name, port, services="", **parameters):
        self.port, self.unchecked = port, port + 1
        self._services = services
        table = "socketmap:unix:%s:postfix" % world.DAEMON_SOCKET
        ports = {port: ("n", {
            "smtpd_recipient_restrictions": "permit_mynetworks, reject",
            "local_recipient_maps": table, "virtual_mailbox_maps": table}),
                 self.unchecked: ("n", {})}
        super().__init__(name, ports, **dict({
            "relayhost": "[127.0.0.1]:%d" % SINK_PORT, "enable_long_queue_ids": "yes",
            "mydestination": world.DOMAIN, "relay_domains": "", "biff": "no",
            "smtp_host_lookup": "native", "lmtp_host_lookup": "native",
            "minimal_backoff_time": "1000s",
            "mda_destination_recipient_limit": "1", "mail_spool_directory": SPOOL},
            **parameters))

    def _master(self):
        return super()._master() + self._SERVICES + self._services

    def flush(self):
        """All that waits is tried again; returns at once."""
        command = ["env"] + self._environment() + [
            world.POSTFIX_COMMANDS + "/postqueue", "-c", self.directory, "-f"]
        # Its ports are open before the rest of a Postfix that starts.
        world.wait_until(lambda: subprocess.run(
            command, stderr=subprocess.DEVNULL, timeout=30).returncode == 0,
                         10, self.name + " flushes its queue")

    def waiting(self):
        return any(files for name in ("incoming", "active", "deferred")
                   for _, _, files in os.walk(os.path.join(self.queue, name)))

    def kill(self):
        return kill_with(working_in(self.directory), super().kill)


def working_in(directory):
    """The processes below a folder; an MTA's work in its queue."""
    return processes(lambda pid: os.readlink("/proc/%d/cwd" % pid).startswith(
        directory + "/"))


def kill_with(others, kill):
    """Kills a server by `kill`, and then those it had started."""
    status = kill()
    for pid in others:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    return status


def processes(wanted):
    """The numbers of the processes that `wanted` says."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if wanted(int(pid)):
                found.append(int(pid))
        except (FileNotFoundError, ProcessLookupError):    # it has just ended
            pass
    return found


def status_of(pid):
    """/proc/PID/status as a dictionary."""
    with open("/proc/%d/status" % pid) as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


class Relay:
    """Between an LMTP client and a server, on 127.0.0.1: breaks one dialogue off.

    Once armed, the reply of that number (0 is the greeting) is not passed on: `act` is
    called, then both sides are closed. Other dialogues are passed as they are.
    """

    def __init__(self, port, server_port):
        self._server = ("127.0.0.1", server_port)
        self._listener = socket.create_server(("127.0.0.1", port), backlog=50)
        self._armed = None
        self.broken = threading.Event()
        self.after_body = False     # the reply that was held was the message's
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self, number, act):
        self.broken.clear()
        self.after_body = False
        self._armed = (number, act)

    def disarm(self):
        self._armed = None

    def _accept(self):
        while True:
            client, _ = self._listener.accept()
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client, socket.socket() as server:
            if server.connect_ex(self._server) != 0:
                return
            body = threading.Event()
            threading.Thread(target=self._pass_commands, args=(client, server, body),
                             daemon=True).start()
            try:
                self._pass_replies(client, server, body)
            except OSError:
                pass
            for side in (client, server):
                try:
                    side.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def _pass_commands(self, client, server, body):
        end = b""
        try:
            while True:
                data = client.recv(65536)
                end = (end + data)[-5:]
                if end == b"\r\n.\r\n" or data.endswith(b"\r\n.\r\nQUIT\r\n"):
                    body.set()
                if not data:
                    server.shutdown(socket.SHUT_WR)
                    return
                server.sendall(data)
        except OSError:
            pass

    def _pass_replies(self, client, server, body):
        number, final = 0, None
        for line in server.makefile("rb"):
            if body.is_set() and final is None:
                final = number
            armed = self._armed
            if armed and number == armed[0]:
                self._armed = None
                self.after_body = number == final
                armed[1]()
                self.broken.set()
                return
            client.sendall(line)
            number += line[3:4] != b"-"


class ScriptedLmtp(socketserver.ThreadingTCPServer):
    """An LMTP server on 127.0.0.1 that takes all mail, but refuses where it is told to.

    `refusals`: what it says instead, by the step: "greeting", "LHLO", "MAIL", "RCPT",
    "DATA", "RSET", or "message" for each recipient behind the message.
    """

    daemon_threads = allow_reuse_address = True
    request_queue_size = 50

    def __init__(self, port):
        self.refusals = {}
        self.mails = []          # what it has taken
        super().__init__(("127.0.0.1", port), _ScriptedSession)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        """A client that goes is no news."""

    def copies(self, token):
        return sum(token in text for text in list(self.mails))


class _ScriptedSession(socketserver.StreamRequestHandler):

    def handle(self):
        self._say("greeting", "220 mailbox LMTP")
        recipients = 0
        for line in self.rfile:
            verb = line[:4].decode(errors="replace").upper()
            said = self._say(verb, {"DATA": "354 go on", "QUIT": "221 bye"}.get(verb, "250 ok"))
            recipients = recipients + (verb == "RCPT" and said[0] == "2") if verb != "MAIL" else 0
            if verb == "DATA" and said.startswith("354"):
                text = b"".join(iter(self.rfile.readline, b".\r\n")).decode(errors="replace")
                if "message" not in self.server.refusals:
                    self.server.mails.append(text)
                for _ in range(recipients):
                    self._say("message", "250 saved")
            if verb == "QUIT":
                return

    def _say(self, step, otherwise):
        said = self.server.refusals.get(step, otherwise)
        self.wfile.write(said.encode() + b"\r\n")
        return said


# ---- what became of the mail -----------------------------------------------

class Sink(socketserver.ThreadingTCPServer):
    """Takes all mail by SMTP and keeps it: where the bounces end."""

    daemon_threads = allow_reuse_address = True
    request_queue_size = 100

    def __init__(self):
        self.mails = []          # (sender, text)
        super().__init__(("127.0.0.1", SINK_PORT), _SinkSession)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        """A client that is killed is no news."""

    def bounces(self, token):
        """The bounces of one message."""
        return [text for sender, text in list(self.mails) if not sender and token in text]


class _SinkSession(socketserver.StreamRequestHandler):

    def handle(self):
        self._say("220 sink ESMTP")
        sender = ""
        for line in self.rfile:
            word = line[:4].upper()
            if word == b"MAIL":
                sender = line.decode().partition("<")[2].partition(">")[0]
            if word == b"DATA":
                self._say("354 go on")
                text = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.server.mails.append((sender, text.decode(errors="replace")))
            self._say("221 bye" if word == b"QUIT" else "250 ok")

    def _say(self, reply):
        self.wfile.write(reply.encode() + b"\r\n")


class Mailboxes:
    """How often a message has arrived, by the token in it."""

    def __init__(self):
        self._seen = {}        # file of a maildir: the tokens in it; they never change
        self._token = re.compile(r"^Message-ID: <([^@>]+)", re.MULTILINE | re.IGNORECASE)

    def arrived(self):
        """token -> number of copies, over all mailboxes."""
        for path in glob.glob(MAILDIRS + "/*/new/*") + glob.glob(MAILDIRS + "/*/cur/*"):
            if path not in self._seen:
                self._seen[path] = self._tokens(path)
        count = collections.Counter()
        for path in list(self._seen):
            count.update(self._seen[path])
        for path in glob.glob(SPOOL + "/*"):
            count.update(self._tokens(path))
        return count

    def _tokens(self, path):
        with open(path, errors="replace") as file:
            return self._token.findall(file.read())


class MailLog:
    """What the MTAs say in syslog of each message's recipients, oldest first."""

    Fate = collections.namedtuple("Fate", "recipient status text")   # status: 2.0.0, ...

    _NAMED = re.compile(r": (\w+): .*(?:msgid|message-id)=<([^@>]+)")
    _TRIED = re.compile(r": (\w+): to=(\S+), .*\bdsn=([0-9.]+),.* (?:stat|status)=(.*)")

    def __init__(self):
        self._lock = threading.Lock()
        self._read = 0
        self._tokens = {}       # queue id: token
        self._fates = collections.defaultdict(list)

    def fates(self, token):
        with self._lock:
            self._read_on()
            return list(self._fates[token])

    def _read_on(self):
        with open(world.ROOT + "/syslog", "rb") as log:
            log.seek(self._read)
            for line in log:
                if not line.endswith(b"\n"):
                    return
                self._read += len(line)
                self._understand(line.decode(errors="replace"))

    def _understand(self, line):
        named, tried = self._NAMED.search(line), self._TRIED.search(line)
        if named:
            self._tokens[named.group(1)] = named.group(2)
        if tried and tried.group(1) in self._tokens:
            identity, recipients, status, text = tried.groups()
            self._fates[self._tokens[identity]].extend(
                self.Fate(each.strip("<>"), status, text.strip())
                for each in recipients.split(","))

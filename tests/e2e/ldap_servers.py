"""Real slapds that can be brought into more states than world.Slapd.

    slapd = FaultySlapd(people, "slapd0", 3910, 3920, certificates); slapd.start()
    slapd.answer_searches_with(51); ...; slapd.be_well()

    provider = Provider(3930, people); consumer = Consumer("consumer0", 3931, 3941)
"""

import collections
import glob
import os
import subprocess

import world

SERVICE_DN, PASSWORD_FILE = "cn=mailverdict,dc=services", world.ROOT + "/password"
PASSWORD = "of the service"


class Certificates:
    """Made by openssl: a CA, and what a server may show: its file names by PATHS."""

    KINDS = {                      # kind: (name, CA, days that it is valid)
        "good": ("IP:127.0.0.1", "ca", 2), "expired": ("IP:127.0.0.1", "ca", -1),
        "wrong name": ("DNS:ldap.example.org", "ca", 2),
        "another CA": ("IP:127.0.0.1", "other", 2)}

    def __init__(self):
        self._directory = world.ROOT + "/certificates"
        os.makedirs(self._directory)
        for name in ("ca", "other"):
            self._openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                          "-subj", "/CN=" + name, "-keyout", name + ".key",
                          "-out", name + ".pem")
        for kind, (name, ca, days) in self.KINDS.items():
            self._make(kind, name, ca, days)
        self.ca_file = self._directory + "/ca.pem"

    def _openssl(self, *words):
        world.run(["openssl"] + list(words), "make a certificate", cwd=self._directory)

    def _make(self, kind, name, ca, days):
        world.write(self._directory + "/extensions", "subjectAltName=%s\n" % name)
        self._openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=slapd",
                      "-keyout", kind + ".key", "-out", "request")
        self._openssl("x509", "-req", "-in", "request", "-CA", ca + ".pem",
                      "-CAkey", ca + ".key", "-CAcreateserial", "-days", str(days),
                      "-extfile", "extensions", "-out", kind + ".pem")

    def lines(self, kind):
        """For slapd.conf."""
        return ['TLSCACertificateFile "%s"' % self.ca_file,
                'TLSCertificateFile "%s/%s.pem"' % (self._directory, kind),
                'TLSCertificateKeyFile "%s/%s.key"' % (self._directory, kind)]


class FaultySlapd(world.Slapd):
    """Listens with and without TLS, has an account for the daemon, and overlays."""

    def __init__(self, people, name, port, tls_port, certificates):
        self._certificates = certificates
        super().__init__(people, name, "ldap://127.0.0.1:%d/" % port,
                         "ldaps://127.0.0.1:%d/" % tls_port)

    def configure(self, server=(), database=(), certificate="good"):
        # The account stands apart, so that the people may be broken without it.
        super().configure(
            ["moduleload back_null"] + self._certificates.lines(certificate) + list(server),
            list(database) + ["database null", 'suffix "dc=services"',
                              'rootdn "%s"' % SERVICE_DN, 'rootpw "%s"' % PASSWORD])

    def _start_again(self, *args, **kwargs):
        self.stop()
        self.configure(*args, **kwargs)
        self.start()

    def be_well(self):
        """Started again as it was at first."""
        self._start_again()

    def answer_searches_with(self, code):
        """slapo-retcode(5): a search at the base of the people ends with this code."""
        self._start_again(
            ["moduleload retcode"],
            ["overlay retcode", 'retcode-parent "%s"' % world.SUFFIX,
             'retcode-item "ou=people" %d%s' % (
                 code, " ref=ldap://127.0.0.1:1/" if code == 10 else "")])

    def show_certificate(self, kind):
        self._start_again(certificate=kind)

    def set_service_password(self, password):
        """Connections that are open stay bound."""
        self._modify("cn=config", "dn: olcDatabase={2}null,cn=config\nchangetype: modify\n"
                     "replace: olcRootPW\nolcRootPW: %s\n" % password)


class Provider(world.Slapd):
    """Has thousands of people, and the controls behind them all."""

    def __init__(self, port, people):
        self.port = port
        self._people = ["person%05d" % number for number in range(people)]
        super().__init__(0, "provider", "ldap://127.0.0.1:%d/" % port)
        self.users = self._people

    def configure(self, server=(), database=()):
        super().configure(
            list(server) + ["moduleload syncprov"],
            list(database) + ["index entryCSN,entryUUID eq", "overlay syncprov"])

    def _complete(self):
        entries = collections.OrderedDict(
            [(world.SUFFIX, self._SUFFIX_ENTRY), (world.PEOPLE, self._PEOPLE_ENTRY)])
        entries.update(self._person(user) for user in self._people)
        entries.update(self._CONTROLS)
        return entries

    def add(self, user):
        entries = collections.OrderedDict(self._entries)
        entries.update([self._person(user)])
        self._become(entries)


class Consumer(world.Slapd):
    """Is filled by syncrepl from a provider at `provider_port`, and kept up to date."""

    def __init__(self, name, port, provider_port):
        self._provider_port = provider_port
        super().__init__(0, name, "ldap://127.0.0.1:%d/" % port)

    def _load(self, entries):
        """All that it has comes from the provider."""

    def configure(self, server=(), database=()):
        super().configure(server, list(database) + [
            "index entryCSN,entryUUID eq",
            "syncrepl rid=001 provider=ldap://127.0.0.1:%d searchbase=\"%s\""
            " type=refreshAndPersist retry=\"1 +\" bindmethod=simple"
            " binddn=\"%s\" credentials=%s" % (
                self._provider_port, world.SUFFIX, self._ROOT_DN, self._PASSWORD)])

    def holds(self, user):
        """Whether it shows this entry now: a user's name, or a whole DN."""
        dn = user if "=" in user else self._person(user)[0]
        done = subprocess.run(
            ["ldapsearch", "-x", "-LLL", "-H", self.uri, "-s", "base", "-b", dn, "1.1"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=30)
        return b"dn:" in done.stdout

    def start_empty(self):
        self.stop()
        for file in glob.glob(self.database + "/*.mdb"):
            os.remove(file)
        self.start()

    def backup(self):
        """Its database as of now; it has to be stopped."""
        with open(self.database + "/data.mdb", "rb") as file:
            return file.read()

    def restore(self, backup):
        """An old database is brought back; it has to be stopped."""
        with open(self.database + "/data.mdb", "wb") as file:
            file.write(backup)

#!/usr/bin/python3
"""The full drill: a directory of three servers, and one or all of them in each fault.

    tests/e2e/servers_test.py --daemon FILE --command FILE [--parts NAME...] [--xml FILE]

Real sendmail and Postfix, three real slapds, a relay before each that breaks the conversation
where slapd itself cannot be brought to. While one of three is broken, all is as if it were
not: who exists passes, who does not is refused, nobody waits once that is known. While all
of them are, nobody is refused. Afterwards all is right again in the open sessions.
"""

import collections
import itertools
import os
import sys
import threading
import time

import three_servers
import world
from daemon_test import mail
from ldap_relay import Relay
from ldap_servers import PASSWORD, PASSWORD_FILE, SERVICE_DN, Certificates, FaultySlapd
from three_servers import KNOWN, PATIENCE, SENDMAIL_PORT, Fault, Server

RELAY_PORT, SLAPD_PORT, TLS_PORT = 3900, 3910, 3920
PEOPLE = 3000
CODES = {"operationsError": 1, "timeLimit": 3, "sizeLimit": 4, "referral": 10,
         "adminLimit": 11, "busy": 51, "unavailable": 52, "unwilling": 53}
# What a server says in a connection: to our bind 1 message; to a probe the four controls and
# the end, 5 messages; to a question these and the person. A question may be answered first.
MISSING_ANSWERED, EXISTING_ANSWERED, WHOLE = 6, 7, 12
RECONNECTED = 1.5              # it is well, and passed over after its share of the timeout


# ---- the faults ------------------------------------------------------------

def relayed(mode, **more):
    return Fault(mode, lambda server: server.relay.become(mode),
                 lambda server: server.relay.become("pass"), **more)


def cut_after(number):
    name = "cut after %d" % number
    if number < MISSING_ANSWERED:
        return relayed(name)
    # One that closes when it has answered is well each time, if not for long.
    return relayed(name, why=None, limit=RECONNECTED, answers=(
        (550,) if number < EXISTING_ANSWERED else (250, 550)))


def changed(name, change, half=False):
    return Fault(name, lambda server: change(server.slapd),
                 lambda server: server.slapd.make_complete(), half=half)


def refusing(name, code):
    return Fault(name, lambda server: server.slapd.answer_searches_with(code),
                 lambda server: server.slapd.be_well(), why="(%d)" % code)


def wrong_certificate(kind):
    return Fault("certificate: " + kind,
                 lambda server: server.slapd.show_certificate(kind),
                 lambda server: server.slapd.be_well(), why="certificate")


def change_password(server, password):
    server.slapd.set_service_password(password)
    server.relay.disconnect()


VERSIONS = itertools.count()


def heal_password(server):
    """As an operator does: a file that has changed is tried at once."""
    change_password(server, PASSWORD)
    world.write(PASSWORD_FILE, "%s\nversion %d\n" % (PASSWORD, next(VERSIONS)))


FAULTS = [
    Fault("stopped", lambda server: server.slapd.stop(), lambda server: server.slapd.start()),
    Fault("hung", lambda server: server.slapd.pause(), lambda server: server.slapd.resume()),
    changed("empty", lambda slapd: slapd.make_empty()),
    changed("base missing", lambda slapd: slapd.make_baseless()),
    changed("half-loaded, no control", lambda slapd: slapd.make_half_loaded(False), half=True),
    changed("hides all", lambda slapd: slapd.hide_all()),
    Fault("bind wrong", lambda server: change_password(server, "another"),
          heal_password, why="(49)"),
    relayed("black hole"), relayed("silent"), relayed("close"), relayed("cut"),
] + [refusing(*code) for code in CODES.items()]
CUTS = [cut_after(number) for number in range(1, WHOLE + 1)]
CERTIFICATES = [wrong_certificate(kind) for kind in Certificates.KINDS if kind != "good"]
RACED = [fault for fault in FAULTS if fault.name in (
    "stopped", "hung", "silent", "close", "cut", "busy", "hides all")]


# ---- the test --------------------------------------------------------------

class ServersTest(three_servers.ThreeServers):
    """The full drill, but for replicas_test.py."""

    def __init__(self, options):
        certificates = Certificates()
        world.write(PASSWORD_FILE, PASSWORD + "\n")
        slapds = [FaultySlapd(PEOPLE, "slapd%d" % number, SLAPD_PORT + number,
                              TLS_PORT + number, certificates) for number in range(3)]
        servers = [Server(slapd, Relay(RELAY_PORT + number, SLAPD_PORT + number),
                          "ldap://127.0.0.1:%d" % (RELAY_PORT + number))
                   for number, slapd in enumerate(slapds)]
        vanishing = slapds[0].vanishing()
        super().__init__(
            "servers", options, servers, iter(vanishing),
            (user for user in slapds[0].users if user not in set(vanishing)),
            '  bind_dn: "%s"\n  bind_password_file: "%s"\n  tls { ca_file: "%s" }\n' % (
                SERVICE_DN, PASSWORD_FILE, certificates.ca_file))

    def parts(self):
        return [self.one_broken, self.all_broken, self.cut_everywhere, self.certificates,
                self.learnt_once, self.race]

    def one_broken(self):
        self.right("all well")
        self.one_of_three(FAULTS)
        self.one_of_three(FAULTS[:1], 1)               # it is not asked: one will do

    def all_broken(self):
        self.all_of_three(FAULTS)

    def cut_everywhere(self):
        """The conversation ends after each of the server's messages."""
        self.one_of_three(CUTS)
        self.all_of_three(CUTS)

    def certificates(self):
        """By ldaps:// and past the relays."""
        plain = [server.uri for server in self.servers]
        self.use_servers(["ldaps://127.0.0.1:%d" % (TLS_PORT + n) for n in range(3)])
        self.daemon.reload()
        self.right("TLS, all well", PATIENCE)          # the connections are new
        self.one_of_three(CERTIFICATES)
        self.all_of_three(CERTIFICATES)
        self.use_servers(plain)
        self.daemon.reload()

    def learnt_once(self):
        """During an outage the first may wait for the deadline, the others do not."""
        for server in self.servers:
            server.slapd.pause()
        self.within("the first of an outage", PATIENCE, self.ask(True).seconds)
        time.sleep(0.1)                                # its line is in the log
        said = os.path.getsize(self.daemon.log)
        codes = collections.Counter()

        def session():
            for _ in range(20):
                with world.SmtpSession(SENDMAIL_PORT) as smtp:
                    codes[smtp.ask(mail("nobody")).code] += 1
        self.at_once([session] * 10)
        self.check("200 sessions are deferred", {451: 200}, dict(codes))
        # The log gathers its lines for some milliseconds.
        world.wait_until(lambda: len(self.microseconds(said)) >= 200, 5,
                         "200 verdicts are in the log", self.daemon.log)
        took = self.microseconds(said)
        print("    %d verdicts, one in twenty took more than %.1f ms, the slowest %.1f"
              % (len(took), took[-10] / 1000, took[-1] / 1000))
        self.check("each has its verdict", 200, len(took))
        # A shared machine may stand still for a while.
        self.within("19 in 20 verdicts", 0.05, took[-10] / 1e6)
        self.within("the slowest verdict", KNOWN, took[-1] / 1e6)
        for server in self.servers:
            server.slapd.resume()
        self.heals("outage of 200 sessions")

    def microseconds(self, since):
        """What each verdict took, in order, of those in the log from that place on."""
        with open(self.daemon.log) as log:
            log.seek(since)
            return sorted(int(line.rsplit(None, 1)[1][:-2]) for line in log
                          if line.endswith("us\n"))

    @staticmethod
    def at_once(works):
        threads = [threading.Thread(target=work) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def race(self):
        """Healed at every moment while questions are under way: nobody is refused."""
        codes = collections.Counter()

        def session(users, after):
            time.sleep(after)
            with world.SmtpSession(SENDMAIL_PORT) as smtp:
                for user in users:              # never seen before, so no memory helps
                    codes[smtp.ask(mail(user)).code] += 1
        for fault in RACED:
            for step in range(4):
                self.at_once([lambda server=server: fault.begin(server)
                              for server in self.servers])
                users = [[next(self.still_there) for _ in range(3)] for _ in range(4)]
                asking = [threading.Thread(target=session, args=(each, 0.02 * number))
                          for number, each in enumerate(users)]
                for thread in asking:
                    thread.start()
                time.sleep(0.025 * step)
                self.at_once([lambda server=server: fault.end(server)
                              for server in self.servers])
                for thread in asking:
                    thread.join()
        print("    %s" % dict(codes), flush=True)
        self.check("some are deferred, some pass, none is refused", {250, 451}, set(codes))


if __name__ == "__main__":
    try:
        sys.exit(three_servers.main(ServersTest, "Three directory servers, in each fault."))
    except world.WorldError as error:
        sys.exit("The test broke off: %s" % error)

#!/usr/bin/python3
"""Domains that are learned, and what an operator sees and orders where DNS is concerned.

    tests/e2e/learned_test.py --daemon FILE --command FILE [--xml FILE]

Real sendmail asks mailverdictd, which asks a real Unbound before real NSDs (dns_world.py).
"""

import subprocess
import sys
import time

import dns_test
import dns_world
import report
import world

ADMIN_SOCKET = "/run/mailverdict/admin"
US = dns_test.US
GONE = "451 4.1.8 Sender domain does not exist"
REFUSED = "550 5.1.8 <"    # sendmail puts the address ahead
UNSURE = "451 4.4.3 Domain cannot be looked up right now"


class Daemon(dns_test.Daemon):
    POLICY = 'listener { admin: "unix:%s" mode: "0600" }\n' % ADMIN_SOCKET + dns_test.POLICY


class LearnedTest:

    def __init__(self, options):
        self._options = options
        self.results = report.Report("learned")
        self.dns = dns_world.Dns()
        self.daemon = Daemon(options.daemon)
        self.gateway = dns_test.our_gateways()[0]
        self.fresh = dns_test.Fresh()

    def start(self):
        self.dns.start()
        self.daemon.start()
        self.gateway.mta.start()

    def check(self, name, right, said):
        good = right(said) if callable(right) else said == right
        self.results.add(name, None if good else "got %r" % (said,))
        if not good:
            print("FAILED %s: got %r" % (name, said), flush=True)

    def command(self, *words):
        done = subprocess.run([self._options.command] + list(words), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, universal_newlines=True, timeout=70)
        return done.returncode, done.stdout

    def sender(self, domain):
        """What somebody hears who sends from there."""
        source = self.fresh.client(dns_world.UNLISTED)
        with world.SmtpSession(self.gateway.port, source=source) as talk:
            reply = talk.ask(US, "a@" + domain)
        return "%d %s %s" % (reply.code, reply.enhanced, reply.text)

    def hears(self, name, domain, right):
        self.check("%s: %s" % (name, domain), lambda said: said.startswith(right),
                   self.sender(domain))

    def listed(self):
        """The lines of `domain list`, by domain."""
        code, text = self.command("domain", "list")
        self.check("domain list", 0, code)
        return {line.split()[0]: line for line in text.splitlines()[1:]}

    def learned(self):
        self.hears("missing", "missing1.com", GONE)
        self.hears("missing once more", "missing1.com", GONE)
        line = self.listed().get("missing1.com", "")
        self.check("it is remembered, not learned", True,
                   "first missing " in line and "LEARNED" not in line)
        for verb, domain in (("add", "missing2.com"), ("pin", "missing3.com"),
                             ("add", "good1.com"), ("pin", "good2.com")):
            self.check("domain %s %s" % (verb, domain), (0, "done\n"),
                       self.command("domain", verb, domain))
            self.check("... is learned", True, "LEARNED" in self.listed().get(domain, ""))
        for domain in ("missing2.com", "missing3.com"):
            self.hears("learned", domain, REFUSED)
            self.check("... in these words", True,
                       self.sender(domain).endswith("Sender domain does not exist"))
        code, text = self.command("explain", "from", "a@missing2.com")
        self.check("explain shows the proof", (0, True), (code, all(words in text for words in (
            "550 5.1.8", "proof", "MX with controls: absent: no such name, vouched for by",
            "AAAA with controls", "added"))))
        for domain in ("good1.com", "good2.com"):
            self.hears("learned, and there", domain, "250 ")
        domains = self.listed()
        self.check("one that is there is forgotten, unless it is pinned", (False, True),
                   ("good1.com" in domains, "good2.com" in domains))
        with self.dns.cut_off():
            self.hears("cut off, never seen", "missing4.com", UNSURE)
            self.hears("cut off, never seen", "good3.com", UNSURE)
            self.hears("cut off, still known", "good2.com", "250 ")
            world.wait_until(lambda: self.sender("missing3.com").startswith(UNSURE), 10,
                             "a learned domain is not refused while DNS is cut off")
        self.check("domain remove", (0, "done\n"), self.command("domain", "remove",
                                                                "missing2.com"))
        self.check("... twice", 1, self.command("domain", "remove", "missing2.com")[0])
        self.check("domain add of no domain", 1, self.command("domain", "add", "a b")[0])
        world.wait_until(lambda: self.sender("missing2.com").startswith(GONE), 10,
                         "what is removed is deferred again")
        self.hears("pinned, after it all", "missing3.com", REFUSED)

    def seen_by_operators(self):
        def online():
            done = subprocess.run([self._options.daemon, "--check", "--online", "--policy",
                                   self.daemon.policy], stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, universal_newlines=True, timeout=60)
            return done.returncode, done.stdout

        def status():
            return self.command("status")[1]

        code, text = online()
        self.check("--check --online, healthy", (0, True, True), (
            code, "dns, %s is well: mv" % dns_world.CACHE in text,
            "list %s, %s is well: 2.0.0.127" % (dns_world.LIST, dns_world.CACHE) in text))
        with self.dns.cut_off():
            code, text = online()
            self.check("--check --online, cut off", (69, True), (
                code, "dns, %s FAILS: control mv" % dns_world.CACHE in text))
            world.wait_until(lambda: "FAILS since" in self.after_a_missing_one(status), 10,
                             "status tells of it")
        with self.dns.lists_list_all():
            code, text = online()
            self.check("--check --online, a list that lists all", (69, True), (
                code, "list %s, %s FAILS: control 1.0.0.127" % (
                    dns_world.LIST, dns_world.CACHE) in text))
        world.wait_until(lambda: "FAILS" not in status(), 60, "status is well again")

    def resolv_conf(self):
        """Without servers in the policy they are resolv.conf's, as it is now."""
        world.write(self.daemon.policy, self.daemon.policy_text.replace(
            'server: "%s:53" ' % dns_world.CACHE, ""))
        self.daemon.reload()
        self.hears("by resolv.conf", "good4.com", "250 ")
        for address, right in (("127.0.0.99", UNSURE), (dns_world.CACHE, "250 ")):
            world.write("/etc/resolv.conf", "nameserver %s\n" % address)
            world.wait_until(lambda: self.log().rfind("DNS is asked at " + address) >
                             self.log().rfind("policy.textproto read again"), 20,
                             "resolv.conf is followed", self.daemon.log)
            self.hears("resolv.conf has " + address, "good%d.com" % self.fresh.domain(), right)

    def log(self):
        with open(self.daemon.log, encoding="utf-8") as log:
            return log.read()

    def after_a_missing_one(self, then):
        self.sender("missing%d.com" % (100 + self.fresh.domain()))
        return then()


def main():
    options = report.command_line("Learned domains.", "daemon", "command").parse_args()
    world.enter()
    dns_world.enter()
    begun = time.monotonic()
    test = LearnedTest(options)
    test.start()
    test.learned()
    test.seen_by_operators()
    test.resolv_conf()
    test.results.write(options.xml)
    print("%d checks, %d wrong, %.0f s" % (
        len(test.results), test.results.failed, time.monotonic() - begun))
    if test.results.failed:
        print(report.printable(world.tail(test.daemon.log, 40)))
    return 1 if test.results.failed else 0


if __name__ == "__main__":
    sys.exit(main())

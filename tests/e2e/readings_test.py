#!/usr/bin/python3
"""Recipients that an MTA reads otherwise than they are written (docs/recipients.md).

    tests/e2e/readings_test.py --daemon FILE [--xml FILE]

Through the socket map and the milter of sendmail and Postfix, where the realm is relayed
and where the MTA delivers it itself; with virtusertable, virtual_alias_maps, LDAP routing,
a mailertable, and a realm whose name is an alias in DNS. A way of writing an address that exists is accepted, and the same way
of writing one that does not is refused at RCPT: what is accepted and bounces later goes
to a sender who was forged.
"""

import sys

import dns_world
import report
import world

LOCAL_HOST = "gw." + world.DOMAIN        # the MTAs deliver to it; it is in no realm
CLIENT = "127.0.0.77"                    # may not relay

# %s is a local part. The first list each MTA reads as that local part in the realm.
SPELLINGS = (
    "<%s@{d}>", "%s@{d}", "<%s@{d}.>", "<%s@{u}>", "<%s@{d} >", "< %s@{d}>", "<%s@{d}\t>",
    "<\t%s@{d}>", "<  %s@{d}  >", "<%s@{d} (a comment)>", "<(a comment) %s@{d}>",
    "<%s (x) @ {d}>", "<%s@{d};>", "<<%s@{d}>>", "<Joe <%s@{d}>>",
    "<@{g}:%s@{d}>", "<%s+tag@{d}>")
# The MTA delivers to the first host by handing the rest of the address on.
ROUTED = (
    "<%s%%{d}@{g}>", "<%s%%{d}%%{g}@{g}>", "<%s%%{d}>", "<{d}!%s>", "<{g}!{d}!%s>",
    "<{d}!%s@{g}>", '<"%s@{d}"@{g}>', '<"%s%%{d}"@{g}>', '<"%s@{d}">',
    "<%s%%{d} @{g}>", "<%s%%{d}@{g} (x)>", "<<%s%%{d}@{g}>>", "<%s%%{u}@{g}>")
# No mailbox has these names. Each has a character that a rule, a key or a parser may misread.
ODD = (
    '<"%s smith"@{d}>', '<"%s,x"@{d}>', '<"%s<x>"@{d}>', '<"%s(x"@{d}>', '<"%s\\"x"@{d}>',
    '<"%s;x"@{d}>', '<"%s:x"@{d}>', '<"%s>,;"@{d}>')
# The same, but sendmail's own local mailer takes the quoted brackets for some: a doubt.
ODD_BRACKETS = ('<"%s,resolved=<x>"@{d}>', '<"%s,sender=<x>,resolved=<x>"@{d}>')
# Each MTA refuses the other's by itself.
SENDMAIL_ONLY = ("<<<%s@{d}>>>", "<%s@{d}>x")
POSTFIX_ONLY = ("<%s@{d}@{g}>", "<%s\\@{d}@{g}>")

RELAYED, RELAYED_MILTER, OWN, OWN_MILTER, ALIASED, ALIASED_MILTER = range(2541, 2547)
POSTFIX_TABLE, POSTFIX_MILTER, POSTFIX_OWN, POSTFIX_OWN_MILTER = range(2547, 2551)
CNAME, CNAME_MILTER = 2551, 2552
CNAME_REALM, CNAME_TARGET = "alias.com", "good0.com"    # dns_world.SHAPES

UNKNOWN, FINE = "550 5.1.1", "250 2.1.5"


def spell(how, local):
    return how.format(d=world.DOMAIN, u=world.DOMAIN.upper(), g=LOCAL_HOST) % local


class ReadingsTest(report.Suite):
    """The servers, and the results."""

    def __init__(self, program):
        super().__init__("readings")
        self.slapd = world.Slapd()
        self.slapd.start()
        self.slapd.add(
            "dn: cn=sharp,%s\nobjectClass: inetOrgPerson\ncn: sharp\nsn: sharp\nuid: gro\u00df\n"
            % world.PEOPLE)
        dns_world.Dns().start()
        self.daemon = world.Daemon(
            program, mode="0666", more=world.MILTER_LISTENER +
            'realm { domain: "%s" directory: "people" }\n' % CNAME_REALM)
        self.daemon.start()
        self._numbers = iter(range(10 ** 6))
        self._people = iter(self.slapd.users[20:] * 3)
        servers = self.sendmails() + self.postfixes()
        for server in servers:
            server.start()

    def sendmails(self):
        feature = "FEATURE(`mailverdict')dnl"
        own = "LOCAL_DOMAIN(`%s')dnl\nMODIFY_MAILER_FLAGS(`LOCAL', `-w')dnl" % world.DOMAIN
        relays = "RELAY_DOMAIN(`%s %s')dnl\n" % (CNAME_REALM, CNAME_TARGET)
        follows = {"resolves": True, "canonifies": True}
        return [
            world.Sendmail("cname", CNAME, relays + feature, **follows),
            world.Sendmail("cname_milter", CNAME_MILTER, relays + world.SENDMAIL_MILTER,
                           **follows),
            world.Sendmail("relayed", RELAYED, feature),
            world.Sendmail("relayed_milter", RELAYED_MILTER, world.SENDMAIL_MILTER),
            world.Sendmail("own", OWN, "\n".join([own, feature])),
            world.Sendmail("own_milter", OWN_MILTER, "\n".join([own, world.SENDMAIL_MILTER])),
            world.Sendmail("aliased", ALIASED, "\n".join([self.aliases(), feature])),
            world.Sendmail("aliased_milter", ALIASED_MILTER,
                           "\n".join([self.aliases(), world.SENDMAIL_MILTER]))]

    @staticmethod
    def aliases():
        """A virtusertable, LDAP routing (from files of the same form) and a mailertable."""
        tables = {
            "virtuser": ("info@%s user001@%s", "former@%s nobody@%s",
                         "outside@%s someone@elsewhere.example", "both@%s former@%s"),
            "routing": ("routed@%s user002@%s", "misrouted@%s nobody@%s"),
            "mailer": ("%s smtp:[127.0.0.1]",)}
        for name, lines in tables.items():
            world.write("%s/%s" % (world.ROOT, name), "".join(
                line.replace("%s", world.DOMAIN) + "\n" for line in lines))
        table = "text -k0 -v1 -o %s/" % world.ROOT
        return "\n".join([
            "VIRTUSER_DOMAIN(`%s')dnl" % world.DOMAIN,
            "FEATURE(`virtusertable', `%svirtuser')dnl" % table,
            "FEATURE(`mailertable', `%smailer')dnl" % table,
            "LDAPROUTE_DOMAIN(`%s')dnl" % world.DOMAIN,
            "FEATURE(`ldap_routing', `null dummy', `%srouting')dnl" % table])

    @staticmethod
    def postfixes():
        table = "socketmap:unix:%s:postfix" % world.DAEMON_SOCKET
        common = dict(mynetworks="127.0.0.99/32", recipient_delimiter="+",
                      smtpd_relay_restrictions="reject_unauth_destination")
        maps = "inline:{ {info@%s = user001@%s}, {outside@%s = x@elsewhere.example} }".replace(
            "%s", world.DOMAIN)
        return [
            world.Postfix("postfix", {
                POSTFIX_TABLE: ("n", {"relay_recipient_maps": table}),
                POSTFIX_MILTER: ("n", world.POSTFIX_MILTER)},
                mydestination=LOCAL_HOST, virtual_alias_maps=maps, **common),
            # Its bare names get a domain of ours.
            world.Postfix("postfix_own", {
                POSTFIX_OWN: ("n", {"local_recipient_maps": table}),
                POSTFIX_OWN_MILTER: ("n", world.POSTFIX_MILTER)},
                mydestination="%s, %s" % (LOCAL_HOST, world.DOMAIN), relay_domains="",
                myorigin=world.DOMAIN, **common)]

    # ---- tools ----

    def nobody(self):
        return "nobody%d" % next(self._numbers)

    def rcpt(self, session, argument, more=b""):
        session.say(b"RSET")
        session.say(b"MAIL FROM:<sender@good1.com>" + more)
        reply = session.say(b"RCPT TO:" + argument.encode())
        return "%d %s %s" % (reply.code, reply.enhanced, reply.text)

    def hears(self, name, session, argument, begins, more=b""):
        self.check("%s: %s" % (name, argument), lambda said: said.startswith(begins),
                   self.rcpt(session, argument, more))

    # ---- the worlds ----

    DOORS = (("sendmail, map", RELAYED, SENDMAIL_ONLY),
             ("sendmail, milter", RELAYED_MILTER, SENDMAIL_ONLY),
             ("sendmail delivers, map", OWN, SENDMAIL_ONLY),
             ("sendmail delivers, milter", OWN_MILTER, SENDMAIL_ONLY),
             ("Postfix, table", POSTFIX_TABLE, POSTFIX_ONLY),
             ("Postfix, milter", POSTFIX_MILTER, POSTFIX_ONLY),
             ("Postfix delivers, table", POSTFIX_OWN, POSTFIX_ONLY),
             ("Postfix delivers, milter", POSTFIX_OWN_MILTER, POSTFIX_ONLY))

    def spellings(self):
        """Each way of writing an address: one that exists, and one that does not."""
        for name, port, more in self.DOORS:
            with world.SmtpSession(port, source=CLIENT) as session:
                for how in SPELLINGS + ROUTED + more:
                    self.hears(name, session, spell(how, next(self._people)), FINE)
                    self.hears(name, session, spell(how, self.nobody()), UNKNOWN)
                for how in ODD:
                    self.hears(name, session, spell(how, self.nobody()), UNKNOWN)
                for how in ODD_BRACKETS:
                    self.hears(name, session, spell(how, self.nobody()),
                               "451" if port in (OWN, OWN_MILTER) else UNKNOWN)

    def bare_names(self):
        """A name without a domain is the MTA's business, whatever domain it appends."""
        for name, port in (("sendmail delivers, map", OWN),
                           ("sendmail delivers, milter", OWN_MILTER),
                           ("Postfix, milter", POSTFIX_MILTER),
                           ("Postfix delivers, milter", POSTFIX_OWN_MILTER)):
            with world.SmtpSession(port, source=CLIENT) as session:
                for each in ("root", "postmaster", "joe"):
                    self.hears(name, session, "<%s>" % each, FINE)

    def aliased(self):
        """What sendmail's tables lead to is asked for, too."""
        for name, port in (("sendmail, aliases, map", ALIASED),
                           ("sendmail, aliases, milter", ALIASED_MILTER)):
            with world.SmtpSession(port, source=CLIENT) as session:
                for local, right in (
                        ("user001", FINE), ("info", FINE), ("routed", FINE),
                        (self.nobody(), UNKNOWN), ("former", UNKNOWN), ("both", UNKNOWN),
                        ("misrouted", UNKNOWN)):
                    self.hears(name, session, "<%s@%s>" % (local, world.DOMAIN), right)
                    self.hears(name, session, "<%s%%%s@%s>" % (
                        local, world.DOMAIN, LOCAL_HOST), right)
                # It leads out of our domains, so only its own address is in a realm: that it
                # is valid is for also_valid to say.
                self.hears(name, session, "<outside@%s>" % world.DOMAIN, UNKNOWN)
                self.hears(name, session, "<outside%%%s@%s>" % (world.DOMAIN, LOCAL_HOST), FINE)
        # Postfix says what it has resolved before it looks at virtual_alias_maps.
        with world.SmtpSession(POSTFIX_MILTER, source=CLIENT) as session:
            for local in ("info", "outside"):
                self.hears("Postfix, virtual aliases, milter", session,
                           "<%s@%s>" % (local, world.DOMAIN), UNKNOWN)

    def cname(self):
        """sendmail follows the realm's name to another, which is in no realm."""
        for name, port in (("sendmail, CNAME, map", CNAME), ("sendmail, CNAME, milter", CNAME_MILTER)):
            with world.SmtpSession(port, source=CLIENT) as session:
                for how in ("<%s@{d}>", "<%s%%{d}@{g}>", "<{d}!%s@{g}>"):
                    for local, right in ((next(self._people), FINE), (self.nobody(), UNKNOWN)):
                        argument = how.format(d=CNAME_REALM, g=LOCAL_HOST) % local
                        if "@" + CNAME_REALM not in argument:
                            # Neither reading is in a realm: the mail goes to the other name.
                            right = FINE
                        self.hears(name, session, argument, right)
        world.wait_until(lambda: "@%s> pass" % CNAME_TARGET in open(self.daemon.log).read(), 5,
                         "the log says that sendmail has followed the alias", self.daemon.log)

    def folded(self):
        """Postfix folds the case of what it resolves, and of the keys of its tables.

        The milter hears the argument, too. The table does not: it finds the mailbox since
        the directory has shown by then that it has names beyond ASCII.
        """
        for name, port in (("Postfix, milter", POSTFIX_MILTER), ("Postfix, table", POSTFIX_TABLE)):
            with world.SmtpSession(port, source=CLIENT) as session:
                for local, right in (("gro\u00df", FINE), ("GRO\u1e9e", FINE),
                                     ("gru\u00df" + self.nobody(), UNKNOWN),
                                     ("\u00e4" + self.nobody(), UNKNOWN)):
                    self.hears(name, session, "<%s@%s>" % (local, world.DOMAIN), right,
                               b" SMTPUTF8")

    def unsure(self):
        """No spelling is refused, and none passes, while the directory is away."""
        self.slapd.pause()
        for name, port, _ in self.DOORS:
            with world.SmtpSession(port, source=CLIENT) as session:
                for how in ("<%s@{d}>", "<%s%%{d}@{g}>", "< %s@{d}>"):
                    self.hears(name + ", slapd hangs", session, spell(how, self.nobody()), "451")
        self.slapd.resume()

    def said(self):
        """The log has both readings."""
        argument = spell("<%s%%{d}@{g}>", self.nobody())
        with world.SmtpSession(RELAYED, source=CLIENT) as session:
            self.hears("logged", session, argument, UNKNOWN)
        words = "to=%s resolved=<%s@%s> recipient reject" % (
            argument, argument[1:].split("%")[0], world.DOMAIN)
        world.wait_until(lambda: words in open(self.daemon.log).read(), 5, words,
                         self.daemon.log)

    def run(self):
        self.play(self.spellings, self.bare_names, self.aliased, self.cname, self.folded,
                  self.said, self.unsure)


def main():
    options = report.command_line("Recipients in many spellings.", "daemon").parse_args()
    world.enter(postfix=True)
    dns_world.enter()
    test = ReadingsTest(options.daemon)
    test.run()
    return test.finish(options.xml, world.tail(test.daemon.log, 30),
                       world.tail(world.ROOT + "/syslog", 30))


if __name__ == "__main__":
    sys.exit(main())

"""What the benches of whole systems share: gateways that check recipients in several ways.

mailverdictd by its socket map; a socket map server that answers at once (the floor of what a
socket map can cost); no check at all; and what people run today: sendmail's ldap map with -T,
two ldap maps of which the second asks for a control (the paper's two questions), Postfix's
ldap: and proxy:ldap:. Beside it a slapd that counts what it is asked.
"""

import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(
    __file__))), "tests/e2e"))
import drill    # pylint: disable=wrong-import-position
import world    # pylint: disable=wrong-import-position

OURS, FLOOR, NONE = "mailverdictd", "instant map", "no check"
WITHOUT_LDAP = (FLOOR, NONE)
INSTANT_SOCKET = "/run/mailverdict/instant"


class Instant(world.Server):
    """The floor."""

    def __init__(self, program):
        super().__init__("instant", [program, INSTANT_SOCKET])

    def ready(self):
        return world.accepts(socket.AF_UNIX, INSTANT_SOCKET)

    def start(self):
        super().start()
        os.chmod(INSTANT_SOCKET, 0o666)


class CountingSlapd(world.Slapd):
    """Counts by its back-monitor, which costs less than a log does."""

    def __init__(self, people):
        self._own = 0
        super().__init__(people)

    def configure(self, server=(), database=()):
        super().configure(server, list(database) + ["database monitor"])

    def searches(self):
        """So far, but for those of this function."""
        said = world.run(
            ["ldapsearch", "-x", "-LLL", "-H", self.uri, "-s", "base", "-b",
             "cn=Search,cn=Operations,cn=Monitor", "monitorOpInitiated"], "count searches")
        self._own += 1
        return int(said.split("monitorOpInitiated: ")[1].split()[0]) - self._own


def others(uris=world.LDAP_URI):
    """sendmail with what people run, by name; they are not started."""
    return {gateway.label: gateway.mta for gateway in drill.other_gateways(uris)}


def sendmails():
    """What asks, and the MTA's port."""
    ways = {OURS: world.Sendmail("ours", 2600, "FEATURE(`mailverdict')"),
            FLOOR: world.Sendmail("floor", 2601, "FEATURE(`mailverdict', `unix:%s')"
                                  % INSTANT_SOCKET),
            NONE: world.Sendmail("none", 2602), **others()}
    for mta in ways.values():
        mta.start()
    return {name: mta.port for name, mta in ways.items()}


def ldap_table(uris=world.LDAP_URI):
    """As ldap_table(5) has it; `domain` spares the question for "@domain" after a miss."""
    path = world.ROOT + "/ldap.cf"
    world.write(path, "server_host = %s\nversion = 3\nbind = no\nsearch_base = %s\n"
                "query_filter = (mail=%%s)\nresult_attribute = mail\ndomain = %s\n" % (
                    uris, world.PEOPLE, world.DOMAIN))
    return path


def postfixes():
    """The same."""
    ldap = "ldap:" + ldap_table()
    maps = {OURS: "socketmap:unix:%s:postfix" % world.DAEMON_SOCKET,
            FLOOR: "socketmap:unix:%s:postfix" % INSTANT_SOCKET, NONE: "",
            "ldap:": ldap, "proxy:ldap:": "proxy:" + ldap}
    ports = {name: 2610 + number for number, name in enumerate(maps)}
    world.Postfix("postfix", {ports[name]: ("n", {"relay_recipient_maps": value})
                              for name, value in maps.items()},
                  # No message is delivered, which else would slow the next one down.
                  in_flow_delay="0", proxy_read_maps="proxy:" + ldap).start()
    return ports

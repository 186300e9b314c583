#!/usr/bin/python3
"""RCPT/s through a real MTA that checks recipients, in several ways.

    bench/rcpt_bench.py --daemon FILE --instant FILE [--pairs N] [--messages N]
        [--least RATIO]

mailverdictd by its socket map, every answer in its cache, against a socket map server that
answers at once (the floor), no check at all, and what people run today: sendmail's ldap
map, the same with -T, two ldap maps (the second asks for a control), Postfix's ldap: and
proxy:ldap:. In turns, so that what else the machine does hits all alike; the median of the
ratios counts. The exit status is 1 when mailverdictd reaches less than --least of the floor.
"""

import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(
    __file__))), "tests/e2e"))
import drill    # pylint: disable=wrong-import-position
import report   # pylint: disable=wrong-import-position
import world    # pylint: disable=wrong-import-position
import smtp_load   # pylint: disable=wrong-import-position
from smtp_load import RECIPIENTS, SESSIONS   # pylint: disable=wrong-import-position

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


def sendmails():
    """What asks, and the MTA's port."""
    ways = {OURS: world.Sendmail("ours", 2600, "FEATURE(`mailverdict')"),
            FLOOR: world.Sendmail("floor", 2601, "FEATURE(`mailverdict', `unix:%s')"
                                  % INSTANT_SOCKET),
            NONE: world.Sendmail("none", 2602)}
    for gateway in drill.other_gateways():
        ways[gateway.label] = gateway.mta
    for mta in ways.values():
        mta.start()
    return {name: mta.port for name, mta in ways.items()}


def ldap_table():
    """As ldap_table(5) has it; `domain` spares the question for "@domain" after a miss."""
    path = world.ROOT + "/ldap.cf"
    world.write(path, "server_host = %s\nversion = 3\nbind = no\nsearch_base = %s\n"
                "query_filter = (mail=%%s)\nresult_attribute = mail\ndomain = %s\n" % (
                    world.LDAP_URI, world.PEOPLE, world.DOMAIN))
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


def compare(mta, ports, users, options, results):
    rates = smtp_load.alternate(mta, ports, smtp_load.many_recipients(users), options)
    smtp_load.against(mta, rates, FLOOR, OURS, options, results)


def main():
    options = smtp_load.read_options("RCPT/s by several maps.", "daemon", "instant")
    world.enter(postfix=True)
    load = os.getloadavg()[0]
    results = report.Report("rcpt_bench")
    slapd = world.Slapd(people=SESSIONS * RECIPIENTS)
    daemon = world.Daemon(options.daemon, mode="0666")
    for server in (slapd, daemon, Instant(options.instant)):
        server.start()
    compare("sendmail", sendmails(), slapd.users, options, results)
    compare("Postfix", postfixes(), slapd.users, options, results)
    return smtp_load.finish(results, options, load)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
"""The full drill with replicas: half-synced in mid-refresh, and stale.

    tests/e2e/replicas_test.py --daemon FILE --command FILE [--parts NAME...] [--xml FILE]

A provider (slapo-syncprov) with thousands of people, the controls loaded last, and three
consumers (syncrepl, refreshAndPersist), which are the directory's three servers. A relay stands
before the provider for each, to stall its refresh or to cut its link.
"""

import collections
import itertools
import sys
import threading
import time

import drill
import three_servers
import world
from daemon_test import mail
from ldap_relay import Relay
from ldap_servers import Consumer, Provider
from three_servers import CELLS, MTAS, Fault, Server

PROVIDER_PORT, CONSUMER_PORT, LINK_PORT = 3930, 3931, 3941
PEOPLE = 4000
HALF = PEOPLE // 2
SYNCED_WITHIN = 60.0           # three at once, on a shared machine


def wait(server, condition, what):
    world.wait_until(condition, SYNCED_WITHIN, server.slapd.name + ": " + what,
                     server.slapd.log)


def stall(server):
    """Synchronised from nothing, as far as the first half of the people."""
    # The bind, the suffix, the parent, and the people in the order of their numbers.
    server.relay.become("hold after %d" % (3 + HALF))
    server.slapd.start_empty()
    wait(server, server.relay.held.is_set, "the refresh is halfway")
    wait(server, lambda: server.slapd.holds("person%05d" % (HALF - 1)), "it has the half")


def in_sync(server):
    """The controls come last of all."""
    return server.slapd.holds(world.YOUNG_CONTROL_DNS[-1])


def sync(server):
    server.relay.resume()
    wait(server, lambda: in_sync(server), "it is in sync")


STALLED = Fault("in mid-refresh", stall, sync, why="control", half=True)


class ReplicasTest(three_servers.ThreeServers):
    """Three consumers of one provider."""

    def __init__(self, options):
        self._provider = Provider(PROVIDER_PORT, PEOPLE)
        servers = [Server(Consumer("consumer%d" % number, CONSUMER_PORT + number,
                                   LINK_PORT + number),
                          Relay(LINK_PORT + number, PROVIDER_PORT),
                          "ldap://127.0.0.1:%d" % (CONSUMER_PORT + number))
                   for number in range(3)]
        users = self._provider.users
        # Those who come last in a refresh are asked for first.
        super().__init__("replicas", options, servers, reversed(users[HALF:]),
                         iter(users[:HALF]))
        self._names = ("newcomer%d" % number for number in itertools.count())
        self._newest = None

    def start(self):
        self._provider.start()
        super().start()
        self._wait_for_sync()

    def _wait_for_sync(self):
        for server in self.servers:
            wait(server, lambda server=server: in_sync(server), "it is in sync")
        self.check("all are well", True, self.wait_for_failing(0))

    def parts(self):
        return [self.half_synced, self.refreshing, self.one_stale, self.all_stale,
                self.rolled_back]

    # ---- half-synced ----

    def half_synced(self):
        """Those who are asked for have not come yet, nor have the controls."""
        self.right("in sync")
        self.one_of_three([STALLED])
        self.all_of_three([STALLED])

    def refreshing(self):
        """Asked all through a refresh of all three, up to the last entry."""
        codes, synced = collections.Counter(), threading.Event()

        def ask(mta):
            while not synced.wait(0.02):
                codes[self.ask(True, mta).code] += 1
        for server in self.servers:
            stall(server)
        asking = [threading.Thread(target=ask, args=(mta,)) for mta in range(len(MTAS))]
        for thread in asking:
            thread.start()
        world.wait_until(lambda: codes[451] > 0, SYNCED_WITHIN, "somebody is deferred")
        for server in self.servers:
            server.relay.resume()
        self._wait_for_sync()
        synced.set()
        for thread in asking:
            thread.join()
        print("    %s" % dict(codes), flush=True)
        self.check("some are deferred, none is refused", lambda seen: seen <= {250, 451},
                   set(codes))
        self.heals("refreshed")

    # ---- stale ----

    def _newcomers(self, servers):
        """People added since, whom these servers have, too; never seen by anybody."""
        while True:
            self._newest = next(self._names)
            self._provider.add(self._newest)
            for server in servers:
                wait(server, lambda server=server: server.slapd.holds(self._newest),
                     "it has " + self._newest)
            yield self._newest

    def _cut_link(self, server):
        server.relay.become("silent")

    def _catch_up(self, server):
        server.relay.resume()
        wait(server, lambda: server.slapd.holds(self._newest), "it has " + self._newest)

    def one_stale(self):
        """The first has all controls, and lacks who was added since its link died."""
        others, self.existing = self.existing, self._newcomers(self.servers[1:])
        self.one_of_three([Fault("stale", self._cut_link, self._catch_up, why=None)])
        self.existing = others

    def _asked(self, name, existing, code, enhanced, again):
        """A row: what these, who exist and whom no server shows, hear from each MTA."""
        replies = []
        for mta, exists in CELLS:
            reply = (self.sessions[mta].ask(mail(existing[mta])) if exists
                     else self.ask(False, mta))
            right = (code, enhanced) if exists else (550, ("5.1.1",))
            self.check("%s: %s, %s" % (name, "existing" if exists else "missing", MTAS[mta]),
                       (right[0], True), (reply.code, reply.enhanced in right[1]))
            replies.append(reply)
        begun = time.monotonic()
        for server in self.servers:
            self._catch_up(server)
        again()
        for mta, user in enumerate(existing):
            self.check("%s, healed: %s" % (name, MTAS[mta]), 250,
                       self.sessions[mta].ask(mail(user)).code)
        self.row(name, ["-"] + replies, time.monotonic() - begun)

    def all_stale(self):
        """The limit: who was never seen, and whom no server shows, is believed absent."""
        self.head("all three servers")
        for server in self.servers:
            self._cut_link(server)
        newcomers = self._newcomers([])
        # An absence is kept for 30 s, unless the cache is emptied.
        self._asked("stale: never seen", [next(newcomers) for _ in MTAS], 550, ("5.1.1",),
                    self.daemon.empty_caches)
        drill.show("  Who was never seen looks absent to everybody: docs/directory.md.")

    def rolled_back(self):
        """Restored from an old backup, link dead; who was seen since is deferred."""
        self.head("all three servers")
        backups = []
        for server in self.servers:
            server.slapd.stop()
            backups.append(server.slapd.backup())
            server.slapd.start()
        newcomers = self._newcomers(self.servers)
        seen = [next(newcomers) for _ in MTAS]
        self._wait_for_sync()
        for mta, user in enumerate(seen):
            self.check("seen: %s" % MTAS[mta], 250, self.sessions[mta].ask(mail(user)).code)
        for server, backup in zip(self.servers, backups):
            self._cut_link(server)
            server.slapd.stop()
            server.slapd.restore(backup)
            server.slapd.start()
        self.daemon.empty_caches()                     # a presence is kept for 5 minutes
        self.check("all are well", True, self.wait_for_failing(0))
        self._asked("stale: seen", seen, 451, ("4.4.3", "4.3.0"), lambda: None)


if __name__ == "__main__":
    try:
        sys.exit(three_servers.main(ReplicasTest, "Three replicas, half-synced and stale."))
    except world.WorldError as error:
        sys.exit("The test broke off: %s" % error)

"""DNS for a world: a real authority, a real cache, and the ways in which they fail.

    world.enter(); dns_world.enter()
    dns = dns_world.Dns(); dns.start()       # /etc/resolv.conf names its cache
    with dns.cut_off():                      # every fault is a switch like this one
        ...

Two NSDs, one with the root, `com`, `test` and what is below, one with the block lists; before
them an Unbound that knows nothing but the root's address. Where no real server can be made to
do what a fault wants, a small one in Python takes the cache's place: LyingCache, for replies
that are always truncated or malformed.

Domains below `com` are numbered, so that each can be asked for once, never heard of before:

    good7.com    an MX with a public address      null7.com    a null MX (RFC 7505)
    bad7.com     the same, in the list of domains missing7.com is not there
"""

import contextlib
import os
import signal
import socket
import struct
import subprocess
import threading

import world

NSD = world.SERVERS + "/usr/sbin/nsd"
UNBOUND = world.SERVERS + "/usr/sbin/unbound"
CACHE, AUTHORITY, LISTS = "127.0.0.53", "127.0.0.54", "127.0.0.56"
CONTROL = "*.control." + world.DOMAIN
LIST, LIST6, DOMAIN_LIST = ("%s.%s" % (name, world.DOMAIN) for name in ("bl", "bl6", "dbl"))
REASON = "Listed for the drill, see https://bl.example.test/why"

# Clients. Both networks are on loopback, in a namespace of its own, so no packet leaves for them.
# They have to count as public: lists are not asked about other clients.
LISTED, UNLISTED = "44.128.%d.%d", "44.129.%d.%d"
LISTED6, UNLISTED6 = "2001:db8:0:1::%x", "2001:db8:0:2::%x"

NUMBERED = 20000     # of each kind of domain
_PUBLIC = "198.51.100.7"

# What a domain can be, beside the numbered ones: its records.
SHAPES = {
    "implicit": "A " + _PUBLIC,                 # no MX: the address counts
    "alias": "CNAME good0",
    "no-data": 'TXT "there is nothing else"',
    "dangling": "MX 10 nowhere",                # no such host
    "loopback": "MX 10 loopback\n@ A 127.0.0.1",
    "private": "MX 10 private\n@ A 10.0.0.1",
    "zero": "MX 10 zero\n@ A 0.0.0.0",
}


def enter():
    """After world.enter(): the clients' networks, and the world's resolver, which sendmail asks
    for its clients' names and for the hosts it delivers to, too."""
    for command in (["addr", "add", "44.128.0.0/15", "dev", "lo"],
                    ["-6", "route", "add", "local", "2001:db8::/48", "dev", "lo"]):
        if "-6" not in command or world.has_ipv6():
            world.run(["ip"] + command, "the clients' networks")
    if world.has_ipv6():
        # Of IPv6 a route alone does not let a client bind to an address.
        with open("/proc/sys/net/ipv6/ip_nonlocal_bind", "w", encoding="ascii") as setting:
            setting.write("1")
    world.write("/etc/resolv.conf", "nameserver %s\noptions timeout:1 attempts:2\n" % CACHE)
    with open("/etc/nsswitch.conf") as file:
        switch = file.read()
    world.write("/etc/nsswitch.conf", switch.replace("hosts: files", "hosts: files dns"))


# ---- zones -----------------------------------------------------------------

def _zone(*lines, minimum=60):
    return "\n".join(("$TTL 300", "@ SOA ns.dns.test. hostmaster.dns.test. 1 3600 600 86400 %d"
                      % minimum, "@ NS ns.dns.test.") + lines) + "\n"


def _com():
    lines = ["mx A " + _PUBLIC]
    for number in range(NUMBERED):
        lines += ["%s%d MX 10 mx" % (kind, number) for kind in ("good", "bad")]
        lines.append("null%d MX 0 ." % number)
    for name, records in SHAPES.items():
        lines += ["%s %s" % (name, record.lstrip("@ ")) for record in records.split("\n")]
    return lines


def _listed(zone, *names):
    """A list in which these are listed, each with its reason."""
    lines = ["@ SOA ns.lists.test. hostmaster.lists.test. 1 3600 600 86400 60",
             "@ NS ns.lists.test."]
    for name in names:
        lines += [name + " A 127.0.0.2", '%s TXT "%s"' % (name, REASON)]
    return "$ORIGIN %s.\n$TTL 300\n%s\n" % (zone, "\n".join(lines))


def _nibbles(address, count=32):
    digits = socket.inet_pton(socket.AF_INET6, address).hex()
    return ".".join(reversed(digits[:count]))


def authority_zones():
    return {
        ".": _zone("com. NS ns.dns.test.", "test. NS ns.dns.test.", "ns.dns.test. A " + AUTHORITY),
        "com": _zone(*_com()),
        "test": _zone("ns.dns A " + AUTHORITY, "example NS ns.dns", "ns.lists A " + LISTS),
        world.DOMAIN: _zone(
            "@ MX 10 gw", "gw A " + _PUBLIC, "*.control 0 A " + _PUBLIC,
            *("%s NS ns.lists.test." % name for name in ("bl", "bl6", "dbl"))),
    }


def list_zones():
    """The lists as they should be, with the points of RFC 5782 5."""
    return {
        LIST: _listed(LIST, "2.0.0.127", "*.128.44"),
        LIST6: _listed(LIST6, _nibbles("::ffff:127.0.0.2"),
                       "*." + _nibbles("2001:db8:0:1::", 16)),
        DOMAIN_LIST: _listed(DOMAIN_LIST, "test", *("bad%d.com" % number
                                                    for number in range(NUMBERED))),
    }


# ---- servers ---------------------------------------------------------------

class _Group(world.Server):
    """A server with children: they are stopped, and end, together."""

    own_group = True

    def signal(self, number):
        os.killpg(self.pid, number)


class Nsd(_Group):
    """An authority for `zones`, name: text. One whose text is None cannot be loaded (SERVFAIL);
    what is below none of them is REFUSED."""

    def __init__(self, name, address, zones):
        self.address = address
        self._directory = "%s/%s" % (world.ROOT, name)
        os.makedirs(self._directory)
        config = self._directory + "/nsd.conf"
        super().__init__(name, [NSD, "-d", "-c", config])
        self.configure(zones)

    def configure(self, zones):
        """For the next start."""
        here = self._directory
        lines = ["server:", "ip-address: " + self.address, 'username: ""', 'database: ""',
                 'zonesdir: "%s"' % here, 'pidfile: "%s/pid"' % here, 'xfrdfile: ""',
                 'xfrdir: "%s"' % here, 'zonelistfile: "%s/list"' % here, "server-count: 1",
                 "rrl-ratelimit: 0", "remote-control:", "control-enable: no"]
        for name, text in zones.items():
            path = "%s/%s.zone" % (here, name.strip(".") or "root")
            if text is not None:
                world.write(path, text)
            elif os.path.exists(path):
                os.remove(path)
            lines += ["zone:", 'name: "%s"' % name, 'zonefile: "%s"' % path]
        world.write(here + "/nsd.conf", "\n".join(lines) + "\n")

    def ready(self):
        return world.accepts(socket.AF_INET, (self.address, 53))

    def become(self, zones):
        self.stop()
        world.wait_until(lambda: not self.ready(), 5, self.name + " has let go of its port")
        self.configure(zones)
        self.start()


class Unbound(_Group):
    """A cache that asks the world, which begins at AUTHORITY."""

    _CONFIG = """\
server:
  interface: %(cache)s
  username: ""
  chroot: ""
  directory: "%(here)s"
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  module-config: "iterator"
  root-hints: "%(here)s/root"
  do-not-query-localhost: no
  do-ip6: no
  num-threads: 1
  target-fetch-policy: "0 0 0 0 0"
  infra-host-ttl: 1
  extended-statistics: yes
  local-zone: "test." nodefault
remote-control:
  control-enable: yes
  control-interface: "%(here)s/control"
  control-use-cert: no
"""

    def __init__(self, name="unbound"):
        self._directory = "%s/%s" % (world.ROOT, name)
        os.makedirs(self._directory)
        self._config = self._directory + "/unbound.conf"
        world.write(self._config, self._CONFIG % {"cache": CACHE, "here": self._directory})
        world.write(self._directory + "/root",
                    ". NS ns.dns.test.\nns.dns.test. A %s\n" % AUTHORITY)
        super().__init__(name, [UNBOUND, "-d", "-c", self._config])

    def ready(self):
        return world.accepts(socket.AF_INET, (CACHE, 53))

    def control(self, *order):
        return world.run([UNBOUND + "-control", "-c", self._config] + list(order),
                         "unbound-control")

    def forget(self):
        """What it knows of names and of servers."""
        for order in (("flush_zone", "."), ("flush_infra", "all")):
            self.control(*order)

    def questions(self):
        """How many of which type it was asked since the last call."""
        words = dict(line.split("=") for line in self.control("stats").splitlines())
        return {name.rpartition(".")[2]: int(number) for name, number in words.items()
                if name.startswith("num.query.type.") and number != "0"}


class LyingCache:
    """The stand-in: each reply is `lie(question)`, over UDP; TCP connections are closed.

    In the cache's place, while that is stopped.
    """

    def __init__(self, lie):
        self._lie = lie

    def __enter__(self):
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        for listener in (self._udp, self._tcp):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((CACHE, 53))
        self._tcp.listen(64)
        for serve in (self._serve_udp, self._serve_tcp):
            threading.Thread(target=serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        for listener in (self._udp, self._tcp):
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)     # wakes its thread
            listener.close()

    def _serve_udp(self):
        while True:
            try:
                question, client = self._udp.recvfrom(4096)
                if not question:
                    return
                self._udp.sendto(self._lie(question), client)
            except OSError:
                return

    def _serve_tcp(self):
        while True:
            try:
                self._tcp.accept()[0].close()
            except OSError:
                return


def _question(message):
    """The question section of a query."""
    end = 12
    while message[end]:
        end += message[end] + 1
    return message[12:end + 5]


def truncated(message):
    """TC, and nothing else: who wants the answer must come by TCP."""
    return message[:2] + struct.pack("!HHHHH", 0x8380, 1, 0, 0, 0) + _question(message)


def malformed(message):
    """Counts records that are not there, points to itself, is cut off; or is no DNS at all."""
    head = message[:2] + struct.pack("!HHHHH", 0x8180, 1, 1, 0, 0) + _question(message)
    record = struct.pack("!HHIH", 1, 1, 60, 4)
    lies = (head, head + struct.pack("!H", 0xc000 | len(head)) + record + b"\x7f\0\0\2",
            head + b"\xc0\x0c" + record + b"\x7f\0", head + b"\xc0\x0c" + record[:5],
            message[:2] + b"\x81\x80" + b"\xff" * 20, message[:7])
    return lies[sum(message[:2]) % len(lies)]


# ---- all of it -------------------------------------------------------------

class Dns:
    """The servers, and the faults: context managers, which end in health."""

    def __init__(self):
        self.authority = Nsd("nsd", AUTHORITY, authority_zones())
        self.lists = Nsd("nsd-lists", LISTS, list_zones())
        self.cache = Unbound()

    def start(self):
        for server in (self.authority, self.lists, self.cache):
            server.start()

    # Of the cache, as a real one can be: by its own words for zones.

    @contextlib.contextmanager
    def _cache_says(self, kind, *data):
        """Of everything below the root: `kind` is one of Unbound's local-zone types."""
        self.cache.control("local_zone", ".", kind)
        for record in data:
            self.cache.control("local_data", record)
        yield
        self.cache.control("local_zone_remove", ".")
        self.cache.forget()

    def cut_off(self):
        """NXDOMAIN for all, with the SOA of a root: a cache that has lost the world."""
        return self._cache_says("static", ". 3600 SOA ns.dns.test. hostmaster.dns.test. 1 3600 "
                                "600 86400 60")

    def bare_cut_off(self):
        """NXDOMAIN for all, and no SOA."""
        return self._cache_says("always_nxdomain")

    def no_data(self):
        """The name is always there, and never has anything."""
        return self._cache_says("always_nodata")

    def refused(self):
        return self._cache_says("always_refuse")

    def dropped(self):
        """Silence of this cache's own: it reads, and does not answer."""
        return self._cache_says("always_deny")

    def portal(self):
        """Every name has one address, and no MX: a hotel's cache."""
        return self._cache_says("redirect", ". 60 A " + _PUBLIC)

    def portal_on_loopback(self):
        """The same with 127.0.0.2: every list lists everybody."""
        return self._cache_says("redirect", ". 60 A 127.0.0.2")

    @contextlib.contextmanager
    def paused(self):
        """Silence: the cache is stopped in the middle (SIGSTOP)."""
        self.cache.pause()
        yield
        self.cache.resume()

    @contextlib.contextmanager
    def dead(self):
        """Nobody listens."""
        self.cache.stop()
        yield
        self.cache.start()

    @contextlib.contextmanager
    def lies(self, lie):
        """The stand-in in its place."""
        self.cache.stop()
        with LyingCache(lie):
            yield
        self.cache.start()

    # Of the authorities; the cache passes on what it makes of them.

    @contextlib.contextmanager
    def _become(self, server, zones, healthy):
        server.become(zones)
        self.cache.forget()
        yield
        server.become(healthy)
        self.cache.forget()

    def servfail(self):
        """The authority has no zone that it could load."""
        return self._become(self.authority, dict.fromkeys(authority_zones()), authority_zones())

    @contextlib.contextmanager
    def authority_silent(self):
        self.cache.forget()
        self.authority.pause()
        yield
        self.authority.resume()
        self.cache.forget()

    def invents(self):
        """Whatever is not registered below com has an address, as in 2003 (Site Finder)."""
        zones = authority_zones()
        zones["com"] += "* A %s\n" % _PUBLIC
        return self._become(self.authority, zones, authority_zones())

    # Of the lists alone.

    @contextlib.contextmanager
    def lists_dead(self):
        self.cache.forget()
        self.lists.pause()
        yield
        self.lists.resume()
        self.cache.forget()

    def _lists_become(self, zones):
        return self._become(self.lists, zones, list_zones())

    def _lists_say(self, address):
        """That, of everything."""
        return self._lists_become({name: _listed(name, "*").replace("127.0.0.2", address)
                                   for name in list_zones()})

    def lists_list_all(self):
        """Closed down in anger: the whole world is listed, with the right answer."""
        return self._lists_say("127.0.0.2")

    def lists_list_nearly_all(self):
        """The same, but what RFC 5782 5 says of 127.0.0.1 and of `invalid` stays true."""
        return self._lists_become({
            name: text + "".join("%s A 127.0.0.2\n" % each for each in (
                "*", "*.129.44", "*.51.198", "*.com")) + "invalid TXT not\n"
            for name, text in list_zones().items()})

    def lists_refuse(self):
        """We have asked too much, or through an open resolver."""
        return self._lists_say("127.255.255.254")

    def lists_parked(self):
        """The list's domain was sold: everything below it has a web server's address."""
        return self._lists_say(_PUBLIC)

    def lists_empty(self):
        """The list is there, and has nobody in it, not even its test points."""
        return self._lists_become({name: _listed(name) for name in list_zones()})

    def lists_servfail(self):
        return self._lists_become(dict.fromkeys(list_zones()))

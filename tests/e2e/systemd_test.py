#!/usr/bin/python3
"""The units of adapters/daemon/systemd, under a real systemd.

    tests/e2e/systemd_test.py --daemon FILE [--xml FILE]

A systemd of the test's own runs in a pid namespace, with the two units as they are
shipped: only the program's path is another one, since none is installed here. Real
slapd; the sandbox, the history on disk, the milter and the admin socket are all used.
"""

import collections
import os
import shutil
import socket
import stat
import subprocess
import sys
import threading
import time

import report
import world
from daemon_test import Client, PASS, REJECT

SYSTEMD = "/lib/systemd/systemd"
UNITS = os.path.join(world.SOURCE_TREE, "adapters/daemon/systemd")
USER, MTA_GROUP = "mailverdict", "smmsp"     # as the units name them
ADMIN_SOCKET = "/run/mailverdict/admin"
DAEMON_LOG = world.ROOT + "/mailverdictd.log"
HISTORY = "/var/lib/mailverdict/history"
EMPTY_TARGETS = ("sysinit", "basic", "sockets", "multi-user", "shutdown", "network")

MORE = """
listener { milter: "unix:%s" mode: "0660" }
listener { admin: "unix:%s" mode: "0600" }
history { file: "%s" }
""" % (world.MILTER_SOCKET, ADMIN_SOCKET, HISTORY)


class Systemd(world.Server):
    """A service manager that knows our units and nothing else."""

    def __init__(self, program):
        units = world.ROOT + "/units"
        os.makedirs(units + "/mailverdictd.service.d")
        for name in ("mailverdictd.service", "mailverdictd.socket"):
            shutil.copy(os.path.join(UNITS, name), units)
        for name in EMPTY_TARGETS:
            world.write("%s/%s.target" % (units, name),
                        "[Unit]\nDefaultDependencies=no\n")
        world.write(units + "/test.target", "[Unit]\nDefaultDependencies=no\n"
                    "Wants=mailverdictd.socket mailverdictd.service\n")
        world.write(units + "/mailverdictd.service.d/path.conf",
                    "[Service]\nExecStart=\nExecStart=%s --policy %s\n"
                    "StandardError=append:%s\n" % (
                        program, "/etc/mailverdict/policy.textproto", DAEMON_LOG))
        # The machine's /dev, since PrivateDevices wants more of it than the world has;
        # /var/lib and the control groups are ours alone.
        inner = ("umount -l /dev && mkdir -p /var/lib && "
                 "mount -t tmpfs tmpfs /var/lib && mount -t tmpfs tmpfs /sys/fs/cgroup && "
                 "mkdir -p /sys/fs/cgroup/unified /sys/fs/cgroup/systemd && "
                 "{ mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd || "
                 "mount -t cgroup2 cgroup2 /sys/fs/cgroup; } && exec %s --system "
                 "--unit=test.target --log-target=console --show-status=no" % SYSTEMD)
        super().__init__("systemd", [
            "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "env",
            "container=test", "SYSTEMD_UNIT_PATH=" + units, "sh", "-c", inner])

    def ready(self):
        return world.accepts(socket.AF_UNIX, world.DAEMON_SOCKET) and self.main_pid() != 0

    def control(self, *words):
        """What systemctl says there."""
        init = subprocess.run(["pgrep", "-P", str(self.pid)], stdout=subprocess.PIPE,
                              universal_newlines=True).stdout.split()
        done = subprocess.run(
            ["nsenter", "-t", init[0], "-m", "-p", "systemctl"] + list(words), timeout=60,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
        return done.returncode, done.stdout

    def main_pid(self):
        """The daemon's, as its own namespace counts; 0 while it does not run."""
        code, text = self.control("show", "-P", "MainPID", "mailverdictd.service")
        return int(text) if code == 0 else 0


class SystemdTest(report.Suite):

    def __init__(self, program):
        super().__init__("systemd")
        self.slapd = world.Slapd()
        for name in (USER, MTA_GROUP):
            world.add_account("/etc", name)
        os.makedirs("/etc/mailverdict")
        daemon = world.Daemon(program, more=MORE)
        # Who it runs as is the unit's to say.
        policy = "".join(line for line in daemon.policy_text.splitlines(True)
                         if not line.startswith("user:"))
        world.write("/etc/mailverdict/policy.textproto", policy)
        self.systemd = Systemd(daemon.program)
        self.slapd.start()
        shutil.rmtree(os.path.dirname(world.DAEMON_SOCKET))
        subprocess.run(["systemd-tmpfiles", "--create",
                        os.path.join(UNITS, "mailverdict.tmpfiles")], check=True)
        self.systemd.start()

    def starts(self):
        state = os.stat(world.DAEMON_SOCKET)
        self.check("the socket's mode", "0660", "%04o" % stat.S_IMODE(state.st_mode))
        with open("/etc/group") as groups:
            numbers = {line.split(":")[0]: int(line.split(":")[2]) for line in groups}
        self.check("the socket's group", numbers[MTA_GROUP], state.st_gid)
        with Client() as client:
            self.check("who exists", PASS, client.rcpt(self.slapd.users[0]))
            self.check("who does not", REJECT, client.rcpt("nobody"))
        for path in (world.MILTER_SOCKET, ADMIN_SOCKET):
            world.wait_until(lambda p=path: world.accepts(socket.AF_UNIX, p), 5, path,
                             DAEMON_LOG)
        with Client(ADMIN_SOCKET) as client:
            status = client.ask("status")
        self.check("the history is on disk", lambda reply: HISTORY.encode() in reply, status)
        code, text = self.systemd.control("show", "-P", "User", "mailverdictd.service")
        self.check("it runs as", (0, USER), (code, text.strip()))

    def reloads(self):
        before = self.systemd.main_pid()
        self.check("reload", 0, self.systemd.control("reload", "mailverdictd")[0])
        world.wait_until(lambda: " read again" in world.tail(DAEMON_LOG, 40), 5,
                         "mailverdictd reads its policy again", DAEMON_LOG)
        self.check("the same process", before, self.systemd.main_pid())

    def load_during(self, action):
        """Asks without end while `action` runs: (replies, cut, refused connections)."""
        stop, heard = threading.Event(), [collections.Counter() for _ in range(8)]

        def ask(counts):
            while not stop.is_set():
                try:
                    client = Client()
                except OSError:
                    counts["refused"] += 1
                    time.sleep(0.01)
                    continue
                with client:
                    reply = b""
                    while reply is not None and not stop.is_set():
                        try:
                            reply = client.rcpt(self.slapd.users[0])
                        except BrokenPipeError:
                            reply = None
                        counts["cut" if reply is None else reply] += 1
        threads = [threading.Thread(target=ask, args=(counts,)) for counts in heard]
        for thread in threads:
            thread.start()
        try:
            action()
            time.sleep(0.5)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        total = sum(heard, collections.Counter())
        print("    %s" % dict(total), flush=True)
        return total

    def judge(self, what, total, times):
        self.check("%s: no connection is refused" % what, 0, total.pop("refused", 0))
        self.check("%s: a connection is cut once for each" % what,
                   lambda cut: cut <= 8 * times, total.pop("cut", 0))
        self.check("%s: who exists is never refused" % what, set(),
                   {reply for reply in total if reply != PASS and
                    not reply.startswith(b"OK defer")})
        self.check("%s: most are answered" % what, lambda count: count > 100, total[PASS])

    def restarts(self):
        def restart():
            for _ in range(3):
                time.sleep(0.3)
                code, text = self.systemd.control("restart", "mailverdictd.service")
                self.check("restart", (0, ""), (code, text))
        self.judge("restarts", self.load_during(restart), 3)

    def dies(self):
        before = self.systemd.main_pid()

        def kill():
            time.sleep(0.3)
            code, text = self.systemd.control("kill", "-s", "KILL", "mailverdictd.service")
            self.check("kill -9", (0, ""), (code, text))
            world.wait_until(lambda: self.systemd.main_pid() not in (0, before), 10,
                             "systemd starts it again", DAEMON_LOG)
        self.judge("kill -9", self.load_during(kill), 1)


def main():
    options = report.command_line("The units, under a real systemd.", "daemon").parse_args()
    world.enter()
    test = SystemdTest(options.daemon)
    test.play(test.starts, test.reloads, test.restarts, test.dies)
    return test.finish(options.xml, world.tail(DAEMON_LOG, 40))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except world.WorldError as error:
        sys.exit("The test broke off: %s" % error)

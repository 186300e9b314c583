"""Where it was measured: the machine, and what was measured on it."""

import os
import platform
import re
import subprocess

SERVERS = os.environ.get("MAILVERDICT_SERVERS", "")

# Name: command, its libraries' folder, and where in the output the version stands.
_PROGRAMS = {
    "g++": (["g++", "--version"], None, r"^(.*)"),
    "sendmail": ([SERVERS + "/usr/libexec/sendmail/sendmail", "-d0.1", "-bt"], None,
                 r"Version (\S+)"),
    "Postfix": ([SERVERS + "/usr/sbin/postconf", "-d", "mail_version"], "/usr/lib/postfix",
                r"mail_version = (\S+)"),
    "slapd": ([SERVERS + "/usr/sbin/slapd", "-VV"], None, r"slapd (\S+)"),
    "Unbound": ([SERVERS + "/usr/sbin/unbound", "-V"], None, r"Version (\S+)"),
    "NSD": ([SERVERS + "/usr/sbin/nsd", "-v"], None, r"NSD version (\S+)"),
    "Dovecot": ([SERVERS + "/usr/sbin/dovecot", "--version"], "/usr/lib/dovecot", r"^(\S+)"),
}
_PACKAGES = {
    "Abseil": "libabsl-dev", "c-ares": "libc-ares-dev", "libldap": "libldap-dev",
    "libevent": "libevent-dev", "LMDB": "liblmdb-dev", "libmilter": "libmilter-dev",
    "Google Benchmark": "libbenchmark-dev"}


def facts():
    """Name: value, all of them text."""
    with open("/proc/cpuinfo", encoding="utf-8") as cpuinfo:
        model = re.search(r"model name\s*: (.*)", cpuinfo.read())
    with open("/proc/meminfo", encoding="ascii") as meminfo:
        kib = int(re.search(r"MemTotal:\s*(\d+)", meminfo.read()).group(1))
    with open("/etc/os-release", encoding="utf-8") as release:
        system = re.search(r'PRETTY_NAME="(.*)"', release.read())
    return {
        "processor": model.group(1) if model else platform.machine(),
        "cores": "%d, virtual and shared" % os.cpu_count() if _is_virtual() else str(
            os.cpu_count()),
        "memory": "%.0f GiB" % (kib / 2**20),
        "kernel": platform.release(),
        "system": system.group(1) if system else "unknown"}


def versions():
    found = {name: _version(*how) for name, how in _PROGRAMS.items()}
    for name, package in _PACKAGES.items():
        found[name] = _output(["dpkg-query", "-W", "-f", "${Version}", package]) or "unknown"
    return found


def _is_virtual():
    with open("/proc/cpuinfo", encoding="utf-8") as cpuinfo:
        return " hypervisor" in cpuinfo.read()


def _version(command, libraries, pattern):
    found = re.search(pattern, _output(command, libraries), re.MULTILINE)
    return found.group(1) if found else "unknown"


def _output(command, libraries=None):
    environment = dict(os.environ)
    if libraries:
        environment["LD_LIBRARY_PATH"] = SERVERS + libraries
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, universal_newlines=True,
                              env=environment, timeout=20, check=False).stdout
    except OSError:
        return ""

"""Where it was measured: the machine, and what was measured on it."""

import gzip
import os
import platform
import re
import subprocess

SERVERS = os.environ.get("MAILVERDICT_SERVERS", "")

# Debian packages that are unpacked, not installed (tests/setup.sh).
_UNPACKED = {"sendmail": "sendmail-bin", "Postfix": "postfix", "slapd": "slapd",
             "Unbound": "unbound", "NSD": "nsd", "Dovecot": "dovecot-core"}
_INSTALLED = {
    "g++": "g++-12", "Abseil": "libabsl-dev", "c-ares": "libc-ares-dev", "libldap": "libldap-dev",
    "LMDB": "liblmdb-dev", "libmilter": "libmilter-dev",
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
    """Name: version, as Debian counts them."""
    found = {name: _installed(package) for name, package in _INSTALLED.items()}
    for name, package in _UNPACKED.items():
        found[name] = _unpacked(package)
    return found


def _is_virtual():
    with open("/proc/cpuinfo", encoding="utf-8") as cpuinfo:
        return " hypervisor" in cpuinfo.read()


def _installed(package):
    return subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", package], stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, universal_newlines=True, check=False).stdout or "unknown"


def _unpacked(package):
    """As the first line of its changelog has it: "slapd (2.5.13-5) ..."."""
    try:
        with gzip.open("%s/usr/share/doc/%s/changelog.Debian.gz" % (SERVERS, package),
                       "rt", encoding="utf-8") as changelog:
            return re.search(r"\((.*?)\)", changelog.readline()).group(1)
    except (OSError, AttributeError):
        return "unknown"

"""Bazel for the commands of this folder, with the options of tests/setup.sh.

BAZEL_OPTS is what ./check sets; BAZEL may name another command, as in
BAZEL="bazel --output_base=/var/tmp/base".
"""

import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_CACHE = os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache"))
COMMAND = os.environ.get("BAZEL", "bazel").split()
OPTIONS = os.environ.get(
    "BAZEL_OPTS", "--disk_cache=%s/mailverdict/bazel" % _CACHE).split()


def run(verb, *arguments, cwd=ROOT, command=COMMAND):
    """Returns what came of it: its exit status, and stderr with stdout before it."""
    options = OPTIONS if verb in ("build", "test") else []
    return subprocess.run([*command, verb, *options, *arguments], cwd=cwd, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


def lines(verb, *arguments):
    """The lines that it prints. Ends this program if it fails."""
    return subprocess.run([*COMMAND, verb, *arguments], cwd=ROOT, text=True, check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
                          ).stdout.split("\n")[:-1]


def commit():
    """Of the tree, with a plus if it has changes that are in none."""
    name = subprocess.check_output(["git", "describe", "--always", "--exclude=*", "--dirty=+"],
                                   cwd=ROOT, text=True)
    return name.strip()

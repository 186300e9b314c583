"""Bazel for the commands of this folder and for bench/run, with the options of tests/setup.sh.

Who has sourced that hands BAZEL_OPTS down. BAZEL may name another command, as in
BAZEL="bazel --output_base=/var/tmp/base".
"""

import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
COMMAND = os.environ.get("BAZEL", "bazel").split()


def _options():
    if "BAZEL_OPTS" not in os.environ:
        script = ". tests/setup.sh && printf '%s\\n%s' \"$BAZEL_OPTS\" \"$MAILVERDICT_SERVERS\""
        text = subprocess.check_output(["sh", "-c", script], cwd=ROOT, text=True)
        os.environ["BAZEL_OPTS"], _, os.environ["MAILVERDICT_SERVERS"] = text.rpartition("\n")
    return os.environ["BAZEL_OPTS"].split()


def run(verb, *arguments, cwd=ROOT, command=COMMAND):
    """Its exit status, and all that it prints."""
    options = _options() if verb in ("build", "test") else []
    return subprocess.run([*command, verb, *options, *arguments], cwd=cwd, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


def lines(verb, *arguments):
    """The lines that it prints. Ends this program if it fails."""
    return subprocess.run([*COMMAND, verb, *arguments], cwd=ROOT, text=True, check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
                          ).stdout.split("\n")[:-1]


def commit(but=()):
    """Of the tree, with a plus if it has changes that are in none, `but` left out."""
    def git(*words):
        return subprocess.check_output(["git", *words], cwd=ROOT, text=True).strip()
    changed = git("status", "--porcelain", "--untracked-files=no", "--", ".",
                  *(":!" + path for path in but))
    return git("rev-parse", "--short", "HEAD") + ("+" if changed else "")

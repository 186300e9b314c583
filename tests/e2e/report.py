"""What the end-to-end tests hand to Bazel: a JUnit file, one test case a check."""

import argparse
import os
import sys
import time
import xml.etree.ElementTree as ElementTree


def output_path():
    """Where Bazel wants the file; None outside Bazel."""
    return os.environ.get("XML_OUTPUT_FILE")


def command_line(description, *programs):
    """A parser of --PROGRAM FILE for each of these, and of --xml."""
    parser = argparse.ArgumentParser(description=description)
    for program in programs:
        parser.add_argument("--" + program, metavar="FILE", required=True,
                            type=os.path.abspath)
    parser.add_argument("--xml", metavar="FILE", default=output_path())
    return parser


class Report:
    """Collects test cases. A failure is text; None is a pass."""

    def __init__(self, suite):
        self._suite = suite
        self._cases = []
        self._begun = time.monotonic()
        self.failed = 0

    def __len__(self):
        return len(self._cases)

    def add(self, name, failure=None, seconds=0.0):
        self.failed += failure is not None
        self._cases.append((name, "failure", failure, seconds))

    def skip(self, name, reason):
        self._cases.append((name, "skipped", reason, 0.0))

    def write(self, path):
        """Does nothing without a path."""
        if path is None:
            return
        suite = ElementTree.Element(
            "testsuite", name=self._suite, tests=str(len(self._cases)),
            failures=str(self.failed), errors="0",
            skipped=str(sum(kind == "skipped" for _, kind, _, _ in self._cases)),
            time="%.3f" % (time.monotonic() - self._begun))
        for name, kind, text, seconds in self._cases:
            case = ElementTree.SubElement(suite, "testcase", name=name,
                                          classname=self._suite, time="%.3f" % seconds)
            if text is not None:
                ElementTree.SubElement(case, kind, message=printable(text))
        suites = ElementTree.Element("testsuites")
        suites.append(suite)
        ElementTree.ElementTree(suites).write(path, encoding="utf-8",
                                              xml_declaration=True)


class Suite:
    """A test made of parts, each of them many checks."""

    def __init__(self, name):
        self.results = Report(name)

    def check(self, name, right, got, seconds=0.0):
        """One test case; `right` is a value, or a function that says so."""
        if right(got) if callable(right) else right == got:
            self.results.add(name, None, seconds)
            return
        wanted = "" if callable(right) else ", not %r" % (right,)
        self.results.add(name, "got %r%s" % (got, wanted), seconds)
        print("FAILED %s: got %r%s" % (name, got, wanted), flush=True)

    def within(self, name, limit, seconds):
        self.check("%s, within %g s" % (name, limit), lambda took: took <= limit, seconds,
                   seconds)

    def play(self, *parts):
        """Runs each part, a function, and prints a line of it."""
        for part in parts:
            begun, cases, failed = time.monotonic(), len(self.results), self.results.failed
            part()
            print("%-22s %4d checks, %d wrong, %5.1f s" % (
                part.__name__, len(self.results) - cases, self.results.failed - failed,
                time.monotonic() - begun), flush=True)

    def finish(self, xml, *logs):
        """Writes and prints the result, and the logs' ends when something was wrong.

        Returns the exit status.
        """
        self.results.write(xml)
        print("%d checks, %d wrong" % (len(self.results), self.results.failed))
        if self.results.failed:
            print(printable(" ".join(logs)))
        return 1 if self.results.failed else 0


def printable(text):
    """Text that a server may have written, for XML and for a terminal.

    XML has no words for most control characters, and on a terminal they are orders.
    """
    return "".join(c if c.isprintable() or c == "\n" else "\\x%02x" % ord(c) for c in text)


if __name__ == "__main__":     # report.py SUITE REASON: a whole suite was skipped
    skipped = Report(sys.argv[1])
    skipped.skip("everything", sys.argv[2])
    skipped.write(output_path())

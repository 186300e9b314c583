#!/usr/bin/python3
"""tally.py FILE... - what became of the tests, from Bazel's build event files, and from
XML as tests write it (FILE.xml).

Counts test cases, not targets: those in the XML that each test wrote. A test that did
not build, or that broke before it could write, is one failed case. Names what failed
and what was skipped; the last line is "N passed, N failed" and, if any, ", N skipped".
"""

import json
import os
import sys
import urllib.parse
import xml.etree.ElementTree as ElementTree


def events(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def cases(xml_path):
    """(name, outcome) of each case in a test's XML."""
    for case in ElementTree.parse(xml_path).getroot().iter("testcase"):
        name = "%s.%s" % (case.get("classname", ""), case.get("name", ""))
        if case.find("failure") is not None or case.find("error") is not None:
            yield name, "failed"
        elif case.find("skipped") is not None or case.get("result") == "skipped":
            yield name, "skipped"
        elif case.get("status") != "notrun":
            yield name, "passed"


def results(path):
    """(target or file, name, outcome) of each case that a file tells of."""
    if path.endswith(".xml"):
        found = list(cases(path)) if os.path.exists(path) else []
        for name, outcome in found or [("(wrote nothing)", "failed")]:
            yield os.path.basename(path), name, outcome
        return
    built, tested, none_asked_for = set(), set(), False
    for event in events(path):
        kind = event["id"]
        if "targetCompleted" in kind:
            label = kind["targetCompleted"]["label"]
            built.add(label)
            if not event.get("completed", {}).get("success"):
                yield label, "(does not build)", "failed"
        elif "testResult" in kind:
            label = kind["testResult"]["label"]
            tested.add(label)
            result = event["testResult"]
            found = []
            for output in result.get("testActionOutput", []):
                if output["name"] == "test.xml":
                    uri = urllib.parse.urlparse(output["uri"])
                    found = list(cases(urllib.parse.unquote(uri.path)))
            passed = result["status"] == "PASSED"
            if passed != all(outcome != "failed" for _, outcome in found) or not found:
                found.append(("(the test as a whole)", "passed" if passed else "failed"))
            for name, outcome in found:
                yield label, name, outcome
        elif "buildFinished" in kind:   # no target carries the tag that the run is for
            finished = event.get("finished", {}).get("exitCode", {})
            none_asked_for = finished.get("name") == "NO_TESTS_FOUND"
    if not built and not none_asked_for:
        yield path, "(Bazel built nothing)", "failed"


def main():
    count = {"passed": 0, "failed": 0, "skipped": 0}
    for path in sys.argv[1:]:
        for label, name, outcome in results(path):
            count[outcome] += 1
            if outcome != "passed":
                print(outcome, label, name)
    line = "%(passed)d passed, %(failed)d failed" % count
    if count["skipped"]:
        line += ", %(skipped)d skipped" % count
    print(line)
    return 1 if count["failed"] or not count["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())

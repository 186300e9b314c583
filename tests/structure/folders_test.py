#!/usr/bin/env -S python3 -B
"""folders_test.py GRAPH TABLE - checks the direction of dependencies between folders.

GRAPH is the output of `bazel query --output=graph` for the programs and the library; TABLE
says which folder may depend on which (folders.txt). `--print` prints the table of GRAPH.
"""

import collections
import re
import sys


def folder_of(label):
    """The folder of a label of ours; None of another one, or of a source file."""
    found = re.fullmatch(r"//([^:]+):\S+", label)
    return found.group(1) if found else None


def edges_of(graph):
    """folder -> {folder: an example of an edge between targets}"""
    edges = collections.defaultdict(dict)
    for source, target in re.findall(r'"([^"\n]+)" -> "([^"\n]+)"', graph):
        here, there = folder_of(source), folder_of(target)
        edges[here]  # pylint: disable=pointless-statement
        if there is not None and there != here:
            edges[here].setdefault(there, f"{source} -> {target}")
    edges.pop(None, None)
    return edges


def table_of(text):
    table = {}
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            folder, _, seen = line.partition(":")
            table[folder] = seen.split()
    return table


def circle_in(table):
    """A list of folders that depend on each other in a circle, or None."""
    done, path = set(), []

    def visit(folder):
        if folder in path:
            return path[path.index(folder):] + [folder]
        if folder in done:
            return None
        path.append(folder)
        for each in table.get(folder, ()):
            found = visit(each)
            if found:
                return found
        done.add(path.pop())
        return None

    for folder in table:
        found = visit(folder)
        if found:
            return found
    return None


def faults_of(edges, table):
    for folder in sorted(edges):
        if folder not in table:
            yield f"{folder} is not in folders.txt"
        for seen, example in sorted(edges[folder].items()):
            if seen not in table.get(folder, ()):
                yield f"{folder} must not depend on {seen}: {example}"
    for folder, allowed in table.items():
        if folder not in edges:
            yield f"folders.txt has {folder}, and nothing is there"
        for seen in allowed:
            if seen not in edges.get(folder, ()):
                yield f"folders.txt lets {folder} depend on {seen}, and it does not; remove it"
    circle = circle_in(table)
    if circle:
        yield "folders.txt has a circle: " + " -> ".join(circle)


def test_of_this_test():
    """A wrong edge, a needless line and a circle are each found."""
    graph = '"//a:x" -> "//b:y"\n"//b:y" -> "//b:z"\n'
    edges = edges_of(graph)
    assert not list(faults_of(edges, {"a": ["b"], "b": []}))
    assert any("must not" in each for each in faults_of(edges, {"a": [], "b": []}))
    assert any("remove it" in each for each in faults_of(edges, {"a": ["b"], "b": ["a"]}))
    assert any("circle" in each for each in faults_of(edges, {"a": ["b"], "b": ["a"]}))


def main():
    graph = open(sys.argv[1], encoding="utf-8").read()
    edges = edges_of(graph)
    if sys.argv[2] == "--print":
        for folder in sorted(edges):
            print(folder + ":", *sorted(edges[folder]))
        return
    test_of_this_test()
    if len(edges) < 15:
        sys.exit(f"only {len(edges)} folders in the graph: too few to be all")
    faults = list(faults_of(edges, table_of(open(sys.argv[2], encoding="utf-8").read())))
    print(f"{len(edges)} folders, {sum(map(len, edges.values()))} edges between them")
    if faults:
        sys.exit("\n".join(faults))


main()

"""RESULTS.md: the prose of bench/sections with the numbers of bench/results in it."""

import json
import os
import re

import rows

HERE = os.path.dirname(os.path.realpath(__file__))
_TABLE = re.compile(r"^\{\{([^|{}]+)\}\}$", re.MULTILINE)
_NUMBER = re.compile(r"\{\{([^|{}]+) \| ([^|{}]+) \| ([^|{}]+)\}\}")

_HEAD = """\
# Measurements

Made by `bench/run`; do not edit. The numbers are in `bench/results`, the prose is in
`bench/sections`. A number with two in brackets is the median, the least and the greatest of
what was measured. The machine is shared with others: what is compared was measured in turns in
one run, and the ratios are to be trusted, not the rates.

"""


def results_path(part, where):
    return os.path.join(where, "results", part + ".json")


def results(part, where):
    """What bench/run kept of a part; None if it never ran."""
    try:
        with open(results_path(part, where), encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return None


def find_table(measured, name):
    for table in measured["tables"]:
        if table["name"] == name:
            return table
    raise KeyError("no table %r; there are %s" % (
        name, ", ".join(repr(table["name"]) for table in measured["tables"])))


def find_cell(table, label, column):
    for row in table["rows"]:
        if row["label"] == label:
            return row["cells"][table["columns"].index(column)]
    raise KeyError("no row %r in %r" % (label, table["name"]))


def write(parts, where):
    """RESULTS.md anew, of all parts that have prose."""
    machine = results("machine", where)
    text = _HEAD + (_facts(machine) if machine else "")
    for part in parts:
        path = os.path.join(HERE, "sections", part + ".md")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as section:
                text += "\n" + _section(section.read(), results(part, where))
    with open(os.path.join(where, "RESULTS.md"), "w", encoding="utf-8") as out:
        out.write(text)


def _facts(machine):
    return "".join("| | |\n|---|---|\n" + "".join(
        "| %s | %s |\n" % each for each in machine[kind].items()) + "\n"
                   for kind in ("facts", "versions"))


def _section(prose, measured):
    title, _, body = prose.partition("\n")
    if measured is None:
        return title + "\n" + _NUMBER.sub("?", _TABLE.sub("(not measured yet)", body))
    places = set(_TABLE.findall(body))
    for table in measured["tables"]:
        if table["name"] not in places:
            raise KeyError("%r has no place for %r" % (title, table["name"]))
    body = _TABLE.sub(lambda found: _table(find_table(measured, found.group(1))), body)
    body = _NUMBER.sub(lambda found: rows.text(find_cell(
        find_table(measured, found.group(1)), found.group(2), found.group(3))), body)
    return "%s\n\n`%s`, %s, commit %s; load average before %.1f, after %.1f.\n%s" % (
        title, measured["command"], measured["date"], measured["commit"],
        measured["load_before"], measured["load_after"], body)


def _table(table):
    lines = [[""] + table["columns"], ["---"] * (len(table["columns"]) + 1)]
    lines += [[row["label"]] + [rows.text(cell) for cell in row["cells"]]
              for row in table["rows"]]
    return "\n".join("|%s|" % "|".join(" %s " % cell if cell != "---" else cell
                                       for cell in line) for line in lines)

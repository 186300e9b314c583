"""From what Google Benchmark writes to tables (rows.py): one for each benchmark."""

import collections
import json

_OF_THE_LIBRARY = {
    "name", "family_index", "per_family_instance_index", "run_name", "run_type", "repetitions",
    "repetition_index", "threads", "iterations", "real_time", "cpu_time", "time_unit",
    "aggregate_name", "aggregate_unit", "error_occurred", "error_message"}


def to_tables(path, tables):
    """Adds its benchmarks, each repetition a measurement, to a rows.Rows."""
    for family, runs in _families(path).items():
        _add(family, runs, tables)


def compare(path, tables, title, ours, *others):
    """Adds one table of benchmarks, ours and what it is compared with: items a second by
    repetition, which are to be interleaved, and ours divided by each."""
    families = _families(path)
    columns = [ours[3:]]
    for other in others:
        columns += [other[3:], "times " + other[3:]]
    table = tables.table(title, *columns)
    for label in families[ours]:
        mine = _rates(families[ours][label])
        cells = [mine]
        for other in others:
            theirs = _rates(families[other][label])
            cells += [theirs, [my / their for my, their in zip(mine, theirs)]]
        table.add(_label(label), *cells)


def _rates(repeated):
    return [each["items_per_second"]
            for each in sorted(repeated, key=lambda each: each["repetition_index"])]


def _families(path):
    """By a benchmark's name and then its arguments, the repetitions."""
    with open(path, encoding="utf-8") as file:
        benchmarks = sorted(json.load(file)["benchmarks"], key=lambda each: (
            each["family_index"], each["per_family_instance_index"]))
    families = collections.defaultdict(lambda: collections.defaultdict(list))
    for each in benchmarks:
        if each.get("error_occurred"):
            raise ValueError("%s: %s" % (each["name"], each["error_message"]))
        if each["run_type"] == "iteration":
            family, _, label = each["run_name"].partition("/")
            families[family][label].append(each)
    return families


def _add(family, runs, tables):
    counters = []
    for repeated in runs.values():
        counters += [name for name in repeated[0]
                     if name not in _OF_THE_LIBRARY and name not in counters]
    unit = next(iter(runs.values()))[0]["time_unit"]
    name = family[3:] if family.startswith("BM_") else family
    table = tables.table(name, unit, *(_title(each) for each in counters))
    for label, repeated in runs.items():
        clock = "real_time" if "real_time" in label else "cpu_time"
        table.add(_label(label) or name, [each[clock] for each in repeated],
                  *([each[counter] for each in repeated] if counter in repeated[0] else None
                    for counter in counters))


def _title(counter):
    return "a second" if counter == "items_per_second" else counter.replace("_", " ")


def _label(label):
    """"present:1/size:1000/real_time" says "present 1, size 1000"."""
    words = [each for each in label.split("/")
             if each != "real_time" and not each.startswith("iterations:")]
    return ", ".join(word.replace(":", " ").replace("_", " ") for word in words)

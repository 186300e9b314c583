"""What a bench hands to bench/run: tables of numbers, in a file of JSON.

    rows = rows.Rows()
    table = rows.table("sendmail, warm", "RCPT/s", "of the floor")
    table.add("mailverdictd", rates, ratios)    # a list: its median, least and greatest
    table.add("stock", 3600, None)              # a number as it is; None: an empty cell
    rows.write(options.json)                    # does nothing without a path

A unit stands in the column's title. The file:

    {"tables": [{"name": "sendmail, warm", "columns": ["RCPT/s", "of the floor"],
                 "rows": [{"label": "mailverdictd", "cells": [
                     {"median": 18515, "least": 17000, "greatest": 19000, "of": 9},
                     {"median": 0.91, "least": 0.82, "greatest": 0.96, "of": 9}]},
                          {"label": "stock", "cells": [{"value": 3600}, null]}]}]}

bench/run adds when, how and at which commit it was made, keeps it as
bench/results/PART.json, and puts the tables where bench/sections/PART.md has a line

    {{sendmail, warm}}

and a number where its text has {{sendmail, warm | mailverdictd | of the floor}}.
"""

import json
import statistics


class Table:
    """Rows of cells below the columns' titles."""

    def __init__(self, name, columns):
        self.name = name
        self._columns = columns
        self._rows = []

    def add(self, label, *cells):
        """A cell is a number, several of which the spread counts, a text or None."""
        if len(cells) != len(self._columns):
            raise ValueError("%s: %d cells, not %d" % (label, len(cells), len(self._columns)))
        self._rows.append({"label": label, "cells": [_cell(each) for each in cells]})

    def to_json(self):
        return {"name": self.name, "columns": self._columns, "rows": self._rows}


class Rows:
    """The tables of one part."""

    def __init__(self):
        self._tables = []

    def table(self, name, *columns):
        self._tables.append(Table(name, columns))
        return self._tables[-1]

    def write(self, path):
        if path is not None:
            with open(path, "w", encoding="utf-8") as out:
                json.dump({"tables": [each.to_json() for each in self._tables]}, out, indent=1)
                out.write("\n")


def add_option(parser):
    """--json FILE, of each bench."""
    parser.add_argument("--json", metavar="FILE", help="the tables, for bench/run")


def text(cell):
    """A cell as a person reads it."""
    if cell is None:
        return ""
    if "value" in cell:
        return _number(cell["value"])
    if cell["least"] == cell["greatest"]:
        return _number(cell["median"])
    return "%s (%s to %s)" % tuple(_number(cell[each])
                                   for each in ("median", "least", "greatest"))


def middle(cell):
    """Its number: the median, if there are several."""
    return cell.get("median", cell.get("value"))


def _number(number):
    if not isinstance(number, float):
        return format(number, ",") if isinstance(number, int) else str(number)
    size = abs(number)
    places = (0 if size >= 100 or size < 0.0005 or number.is_integer() else
              1 if size >= 10 else 2 if size >= 0.1 else 3)
    return format(number, ",.%df" % places)


def _cell(content):
    if isinstance(content, (list, tuple)):
        return {"median": statistics.median(content), "least": min(content),
                "greatest": max(content), "of": len(content)}
    return None if content is None else {"value": content}

"""The charts of RESULTS.md, as SVG: legible in light and in dark."""

import collections
import math
import os
from xml.sax.saxutils import escape

import render
import rows

WIDTH, LEFT, RIGHT, TOP = 780, 190, 170, 44
BAR, GAP = 16, 10
PLOT_HEIGHT = 260
COLOURS = ("#2f7ed8", "#d9822b", "#3a9a5b", "#a05ab5")

_STYLE = """\
text { font: 13px sans-serif; fill: #222 } .title { font-weight: bold; font-size: 15px }
.axis { stroke: #999; stroke-width: 1; fill: none } .spread { stroke: #222; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) { text { fill: #ddd } .spread { stroke: #ddd } }
"""


class Bars(collections.namedtuple("Bars", "part table column title")):
    """A bar for each row, and a line from the least to the greatest."""

    def draw(self, measured):
        table = render.find_table(measured, self.table)
        column = table["columns"].index(self.column)
        cells = [(row["label"], row["cells"][column]) for row in table["rows"]
                 if row["cells"][column] is not None]
        most = max(cell.get("greatest", rows.middle(cell)) for _, cell in cells)
        scale = (WIDTH - LEFT - RIGHT) / most
        body = ""
        for number, (label, cell) in enumerate(cells):
            body += _bar(TOP + number * (BAR + GAP), label, cell, scale)
        return _svg(self.title, TOP + len(cells) * (BAR + GAP) + GAP, body)


def _bar(y, label, cell, scale):
    middle = y + BAR / 2
    greatest = cell.get("greatest", rows.middle(cell))
    bar = '<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>\n' % (
        LEFT, y, rows.middle(cell) * scale, BAR, COLOURS[0])
    spread = "" if "least" not in cell else '<path class="spread" d="M%.1f %.1fH%.1f"/>\n' % (
        LEFT + cell["least"] * scale, middle, LEFT + greatest * scale)
    return (_words(LEFT - 8, middle + 4, label, "end") + bar + spread + _words(
        LEFT + greatest * scale + 8, middle + 4, rows.text({"value": rows.middle(cell)})))


class Lines(collections.namedtuple("Lines", "part table prefix columns title unit")):
    """A line for each column, over the number that a row's label ends with; both axes are
    logarithmic. `prefix`: of the labels of the rows that count."""

    def draw(self, measured):
        table = render.find_table(measured, self.table)
        chosen = [(float(row["label"][len(self.prefix):]), row["cells"])
                  for row in table["rows"] if row["label"].startswith(self.prefix)]
        series = {column: [(x, rows.middle(cells[table["columns"].index(column)]))
                           for x, cells in chosen] for column in self.columns}
        values = [y for points in series.values() for _, y in points]
        plot = _Plot([x for x, _ in chosen], min(values), max(values))
        body = plot.axes(self.unit)
        ends = _apart([plot.y(points[-1][1]) for points in series.values()])
        for number, ((column, points), end) in enumerate(zip(series.items(), ends)):
            body += plot.line(points, COLOURS[number % len(COLOURS)])
            body += _words(WIDTH - RIGHT + 8, end + 4, column, colour=COLOURS[
                number % len(COLOURS)])
        return _svg(self.title, TOP + PLOT_HEIGHT + 40, body)


class _Plot:
    """From values to places."""

    def __init__(self, xs, least, most):
        self._xs = xs
        self._x = (math.log10(xs[0]), max(math.log10(xs[-1]) - math.log10(xs[0]), 1e-9))
        self._lowest = math.floor(math.log10(least))
        self._highest = math.ceil(math.log10(most))
        self._y_decades = max(self._highest - self._lowest, 1)

    def x(self, value):
        return LEFT - 100 + (WIDTH - LEFT + 100 - RIGHT) * (
            math.log10(value) - self._x[0]) / self._x[1]

    def y(self, value):
        return TOP + PLOT_HEIGHT * (1 - (math.log10(value) - self._lowest) / self._y_decades)

    def axes(self, unit):
        body = ""
        for power in range(self._lowest, self._highest + 1):
            y = self.y(10.0 ** power)
            body += '<path class="axis" d="M%d %.1fH%d"/>\n' % (LEFT - 100, y, WIDTH - RIGHT)
            body += _words(LEFT - 108, y + 4, "%s %s" % (format(10 ** power, ",") if power >= 0
                                                         else "%g" % 10.0 ** power, unit), "end")
        for value in self._xs:
            body += _words(self.x(value), TOP + PLOT_HEIGHT + 20, format(int(value), ","),
                           "middle")
        return body

    def line(self, points, colour):
        path = " ".join("%.1f,%.1f" % (self.x(x), self.y(y)) for x, y in points)
        return ('<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>\n'
                % (path, colour)) + "".join(
                    '<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>\n' % (
                        self.x(x), self.y(y), colour) for x, y in points)


def _apart(places, least=16):
    """The same, moved so that no two words overlap."""
    moved = list(places)
    last = -math.inf
    for number in sorted(range(len(places)), key=lambda each: places[each]):
        last = moved[number] = max(places[number], last + least)
    return moved


def _words(x, y, words, anchor="start", colour=None):
    return '<text x="%.1f" y="%.1f" text-anchor="%s"%s>%s</text>\n' % (
        x, y, anchor, ' style="fill:%s"' % colour if colour else "", escape(words))


def _svg(title, height, body):
    return ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d">\n'
            "<style>\n%s</style>\n%s%s</svg>\n" % (
                WIDTH, height, WIDTH, _STYLE,
                '<text class="title" x="12" y="22">%s</text>\n' % escape(title), body))


_WAYS = ("mailverdictd", "the floor")

CHARTS = {
    "latency_closed": Lines(
        "daemon", "closed loop, latency", "unix, ",
        ["%s, %s us" % (way, each) for way in _WAYS for each in ("p50", "p99")],
        "Time for an answer by connections, closed loop, unix", "us"),
    "answers": Lines(
        "daemon", "closed loop", "unix, ", ["%s, answers/s" % way for way in _WAYS],
        "Answers a second by connections, closed loop, unix", "/s"),
    "rcpt_sendmail": Bars("rcpt", "sendmail, 8 sessions", "RCPT/s",
                          "RCPT a second through sendmail, 8 sessions"),
    "rcpt_postfix": Bars("rcpt", "Postfix, 8 sessions", "RCPT/s",
                         "RCPT a second through Postfix, 8 sessions"),
    "directory": Bars("directory", "addresses a second", "Directory",
                      "Addresses a second that Directory draws from one slapd, in flight"),
}


def write(where):
    """Those whose part has been measured."""
    folder = os.path.join(where, "charts")
    os.makedirs(folder, exist_ok=True)
    for name, chart in CHARTS.items():
        measured = render.results(chart.part, where)
        if measured is not None:
            with open(os.path.join(folder, name + ".svg"), "w", encoding="utf-8") as out:
                out.write(chart.draw(measured))

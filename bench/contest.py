"""Ways to have mail checked, behind real MTAs, measured in turns.

What else the machine does hits all of them alike then, and the ratios of one turn count.
"""

import collections
import os
import statistics

from gateways import FLOOR, OURS   # first: it finds the modules of tests/e2e
import report
import rows
import smtp_load

COLD, WARM = OURS + ", cold", OURS + ", warm"


class Way(collections.namedtuple("Way", "name port before again", defaults=(None, None))):
    """`before` is called before each measurement; when `again` is a name, the same load is
    measured a second time, directly after it, under that name."""


def turns(entrants, pairs):
    """(way, name) of each measurement, so many of each, the order reversed every other time."""
    for pair in range(pairs):
        for way in entrants if pair % 2 else reversed(entrants):
            yield from measurements(way)


def measurements(way):
    """(way, name) of each; it is made ready before the first."""
    if way.before:
        way.before()
    for name in [way.name] + ([way.again] if way.again else []):
        yield way, name


def ways(ports, empty_the_cache, but=()):
    """Of the ports by name: ours with an empty cache, and again with what is in it then."""
    return [Way(COLD, port, empty_the_cache, WARM) if name == OURS else Way(name, port)
            for name, port in ports.items() if name not in but]


def read_options(description, recipients, *programs):
    """The command line of a bench that holds a Contest."""
    parser = report.command_line(description, *programs)
    rows.add_option(parser)
    parser.add_argument("--pairs", metavar="N", type=int, default=7)
    parser.add_argument("--sessions", metavar="N", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--recipients", metavar="N", type=int, default=recipients,
                        help="in each measurement")
    parser.add_argument("--least", metavar="RATIO", type=float, default=0.9,
                        help="of the floor, when everything is in the cache")
    return parser.parse_args()


class Contest:
    """The measurements of a bench, its tables and its results."""

    def __init__(self, name, options, what, per, counted, count):
        """`what` a second is measured; `count` counts things called `counted` for each `per`."""
        self._options = options
        self._titles = (what + "/s", "of the floor", "message ms, median", "message ms, p99",
                        "%s per %s" % (counted, per))
        self._count = count
        self._load = os.getloadavg()[0]
        self.results = report.Report(name)
        self.rows = rows.Rows()

    def hold(self, mta, entrants, sessions):
        """Measures each of the ways in each turn; the Measured by name, a list of each."""
        measured = collections.defaultdict(list)
        for way, _ in (each for way in entrants for each in measurements(way)):
            smtp_load.measure(mta, way.port, sessions, 1)         # processes, caches
        for way, name in turns(entrants, self._options.pairs):
            measured[name].append(
                smtp_load.measure(mta, way.port, sessions, 1, self._count))
        self._tell(mta, measured, sessions)
        return measured

    def _tell(self, mta, measured, sessions):
        name = "%s, %d session%s" % (mta, len(sessions), "s" if len(sessions) > 1 else "")
        table = self.rows.table(name, *self._titles)
        recipients = sum(len(users) for each in sessions for _, users in each.messages)
        print("%s: %s" % (name, ", ".join(self._titles)))
        for way, results in measured.items():
            ratios = against(results, measured[FLOOR])
            cells = ([each.rate for each in results], ratios,
                     [1000 * quantile(each.waits, 0.5) for each in results],
                     [1000 * quantile(each.waits, 0.99) for each in results],
                     [each.counted / recipients for each in results])
            table.add(way, *cells)
            print("  %-16s %8.0f   %.2f (%.2f to %.2f) %8.2f %8.2f %8.3f" % (
                (way, statistics.median(cells[0]), statistics.median(ratios), min(ratios),
                 max(ratios)) + tuple(statistics.median(cell) for cell in cells[2:])),
                  flush=True)
        self._judge(name, measured)

    def _judge(self, name, measured):
        ratio = statistics.median(against(measured[WARM], measured[FLOOR]))
        self.results.add("%s: warm, of the floor" % name,
                         None if ratio >= self._options.least else "%.2f" % ratio)

    def finish(self):
        """Writes all of it; the exit status."""
        self.results.write(self._options.xml)
        self.rows.write(self._options.json)
        print("load average before: %.1f, after: %.1f, of %d processors; %d of %d ratios "
              "below %.2f" % (self._load, os.getloadavg()[0], os.cpu_count(),
                              self.results.failed, len(self.results), self._options.least))
        return 1 if self.results.failed else 0


def against(results, base):
    """The ratios of the rates, turn by turn."""
    return [one.rate / other.rate for one, other in zip(results, base)]


def quantile(ascending, part):
    return ascending[min(len(ascending) - 1, int(part * len(ascending)))]

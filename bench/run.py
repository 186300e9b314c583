"""Measures everything, and writes bench/RESULTS.md.

    bench/run [--quick] [--render] [NAME...]

Builds what is measured (--config=opt), runs each part (bench/parts.py), or those named, keeps
its numbers in bench/results, and makes RESULTS.md and the charts of those and of the prose in
bench/sections. A part that was not run keeps its numbers, and their date. As root, on a machine
where nothing else works.

--quick: less of each, to try it, and what is written goes into a new folder below /tmp.
--render: nothing is measured, RESULTS.md and the charts are made anew. The exit status is 1 when
a part fell short of what it promises, or failed; what it measured is kept in the first case.
BAZEL of the environment may name another command than bazel (tests/bazel.py).
"""

import argparse
import datetime
import json
import os
import subprocess
import sys
import tempfile

import charts
import google_rows
import machine
import parts
import render
import rows

sys.path.insert(0, os.path.join(os.path.dirname(render.HERE), "tests"))
import bazel   # pylint: disable=wrong-import-position

WRITTEN = ("bench/results", "bench/charts", "bench/RESULTS.md")   # by this


def build(chosen):
    """The folder below which the programs are."""
    targets = sorted({target for part in chosen for target in part.targets()})
    built = bazel.run("build", "--config=opt", *targets)
    if built.returncode:
        sys.exit(built.stdout)
    return bazel.lines("info", "--config=opt", "bazel-bin")[0]


def path_of(target, folder):
    """Of "//bench:core_bench"."""
    return os.path.join(folder, *target[2:].split(":"))


def run_script(part, arguments, folder, out):
    """Its exit status; the tables are in `out`."""
    command = ["/usr/bin/python3", "-B", os.path.join(render.HERE, part.script)]
    for option, target in part.programs.items():
        command += ["--" + option, path_of(target, folder)]
    return subprocess.run(command + arguments + ["--json", out], check=False).returncode


def run_micro(part, arguments, folder, out):
    """The same."""
    tables = rows.Rows()
    for binary, target in zip(part.binaries, part.targets()):
        written = "%s.%s" % (out, binary)
        subprocess.run([path_of(target, folder), "--benchmark_out=" + written,
                        "--benchmark_out_format=json"] + arguments, check=True)
        if part.compare:
            google_rows.compare(written, tables, *part.compare)
        else:
            google_rows.to_tables(written, tables)
    tables.write(out)
    return 0


def measure(part, quick, folder, scratch):
    """Its tables with what there is to know of them, and its exit status."""
    print("== %s ==" % part.name, flush=True)
    arguments = part.quick if quick else part.arguments
    out = os.path.join(scratch, part.name + ".json")
    load_before = os.getloadavg()[0]
    status = (run_micro if isinstance(part, parts.Micro) else run_script)(
        part, arguments, folder, out)
    with open(out, encoding="utf-8") as file:
        measured = json.load(file)
    measured.update(
        command=" ".join(["bench/run", part.name] + ["--quick"] * quick),
        date=datetime.date.today().isoformat(), commit=bazel.commit(but=WRITTEN),
        load_before=load_before,
        load_after=os.getloadavg()[0], status=status)
    return measured


def keep(name, content, where):
    path = render.results_path(name, where)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as out:
        json.dump(content, out, indent=1)
        out.write("\n")


def write_results(where):
    charts.write(where)
    render.write([part.name for part in parts.PARTS], where)
    print("written: " + os.path.join(where, "RESULTS.md"))


def measure_all(chosen, quick, where):
    """The names of those that failed, or are short of what they promise."""
    folder = build(chosen)
    failed = []
    with tempfile.TemporaryDirectory() as scratch:
        for part in chosen:
            try:
                measured = measure(part, quick, folder, scratch)
            except (OSError, ValueError, subprocess.SubprocessError) as error:
                print("%s failed: %s" % (part.name, error), file=sys.stderr)
                failed.append(part.name)
                continue
            failed += [part.name] if measured["status"] else []
            keep(part.name, measured, where)
    keep("machine", {"facts": machine.facts(), "versions": machine.versions()}, where)
    return failed


def main():
    parser = argparse.ArgumentParser(description="Measures, and writes bench/RESULTS.md.")
    parser.add_argument("--quick", action="store_true", help="less of each, into /tmp")
    parser.add_argument("--render", action="store_true", help="measure nothing, write anew")
    parser.add_argument("names", metavar="NAME", nargs="*",
                        help="parts: " + ", ".join(part.name for part in parts.PARTS))
    options = parser.parse_args()
    if unknown := set(options.names) - {part.name for part in parts.PARTS}:
        parser.error("no such part: " + ", ".join(sorted(unknown)))
    chosen = [part for part in parts.PARTS if not options.names or part.name in options.names]
    where = tempfile.mkdtemp(prefix="mailverdict-bench-") if options.quick else render.HERE
    failed = [] if options.render else measure_all(chosen, options.quick, where)
    write_results(where)
    if failed:
        print("failed, or short of what they promise: " + ", ".join(failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

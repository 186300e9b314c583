"""What bench/run runs, in the order of RESULTS.md."""

import collections


class Script(collections.namedtuple("Script", "name script programs arguments quick")):
    """A bench with a world of its own: `programs` by the option that names them; `quick`
    arguments instead of `arguments`, to try it."""

    def targets(self):
        return list(self.programs.values())


class Micro(collections.namedtuple("Micro", "name binaries arguments quick compare",
                                   defaults=(None,))):
    """Programs of Google Benchmark; `compare`: what google_rows.compare wants, and no other
    table."""

    def targets(self):
        return ["//bench:" + each for each in self.binaries]


_DAEMON = {"daemon": "//adapters/daemon:mailverdictd"}
_GATEWAY = dict(_DAEMON, instant="//bench:instant_socketmap")
_REPEATED = ["--benchmark_repetitions=7"]
_ONCE = ["--benchmark_repetitions=2", "--benchmark_min_time=0.02"]

PARTS = (
    Micro("core", ["core_bench", "codec_bench", "search_bench"], _REPEATED, _ONCE),
    Micro("cache", ["cache_bench"], ["--benchmark_repetitions=3"],
          _ONCE + ["--benchmark_filter=size:1000$"]),
    Micro("history", ["history_bench"], [], ["--benchmark_min_time=0.02"]),
    Micro("directory", ["directory_bench"],
          _REPEATED + ["--benchmark_enable_random_interleaving=true"],
          ["--benchmark_repetitions=2", "--benchmark_min_time=0.2"],
          ("addresses a second", "BM_Directory", "BM_PlainSearches", "BM_WithControls")),
    Script("daemon", "daemon_bench.py", dict(
        _DAEMON, instant="//bench:instant_socketmap", load="//bench:socketmap_load"),
           ["--pairs", "7"], ["--pairs", "2", "--seconds", "0.3"]),
    Script("rcpt", "rcpt_bench.py", _GATEWAY, ["--pairs", "7"],
           ["--pairs", "1", "--recipients", "800"]),
    Script("one_rcpt", "one_rcpt_bench.py", _GATEWAY, ["--pairs", "7"],
           ["--pairs", "1", "--rcpts", "10"]),
    Script("searches", "searches_bench.py", _DAEMON, ["--expire"],
           ["--recipients", "100", "--mix", "2000", "--expire"]),
    Script("domains", "domain_bench.py", _GATEWAY, ["--pairs", "7"],
           ["--pairs", "1", "--recipients", "200"]),
    Script("trouble", "trouble_bench.py", _DAEMON, [], ["--seconds", "3", "--after", "2"]),
    Script("late_server", "late_server_bench.py", _DAEMON, [],
           ["--seconds", "0.5", "--turns", "1"]),
    Script("milter", "milter_bench.py", dict(_DAEMON, **{
        "do-nothing": "//bench:do_nothing_milter",
        "do-nothing-threads": "//bench:do_nothing_milter_threads"}),
           ["--pairs", "9", "--messages", "20"], ["--pairs", "1", "--messages", "3"]),
    Script("local_delivery", "local_delivery_bench.py", {
        "deliver": "//adapters/deliver:mailverdict-deliver"},
           ["--pairs", "7"], ["--pairs", "1", "--seconds", "0.5", "--runs", "20"]),
)

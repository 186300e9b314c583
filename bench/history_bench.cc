// The memory of a million addresses, in a file and in the process: how large
// it is, and what a read and a write cost the thread that judges mail.
//
//   bazel run --config=opt //bench:history_bench
//
// The file stands in $TMPDIR, or /tmp: put it on the disk that is to be
// measured.

#include <benchmark/benchmark.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bench/allocations.h"
#include "lib/history/lmdb_store.h"
#include "lib/history/memory_history.h"
#include "lib/history/memory_store.h"

namespace mailverdict {
namespace {

constexpr int kAddresses = 1'000'000;
// Fewer than the store lets wait, so that nothing is dropped.
constexpr int kAtOnce = 20'000;
const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

const std::string& Path() {
  static const std::string path = [] {
    const char* folder = getenv("TMPDIR");
    return absl::StrCat(folder != nullptr ? folder : "/tmp",
                        "/mailverdict-history-bench");
  }();
  return path;
}

// Now, and when the program ends.
void RemoveFiles() {
  static const auto remove_files = [] {
    for (const char* end : {"", "-lock", ".lock"}) {
      unlink(absl::StrCat(Path(), end).c_str());
    }
  };
  static const int registered = std::atexit(remove_files);
  if (registered == 0) remove_files();
}

// So many that the million addresses fit into one generation.
constexpr size_t kMaxEntries = 4'000'000;

std::unique_ptr<LmdbStore> OpenStore() {
  LmdbStore::Options options;
  options.path = Path();
  options.max_entries = kMaxEntries;
  options.log = [](const std::string& line) {
    fprintf(stderr, "%s\n", line.c_str());
  };
  auto store = LmdbStore::Open(options);
  if (!store.ok()) {
    fprintf(stderr, "%s\n", store.status().ToString().c_str());
    exit(1);
  }
  return *std::move(store);
}

HistoryLookup About(int i) {
  return {HistoryLookup::Kind::kMailboxSeen,
          absl::StrCat("people:user", i, "@example.org")};
}

Observation Present(int i, absl::Time when) {
  return {Observation::Kind::kPresent, About(i), when};
}

// Made before the clock runs, from all over the memory.
std::vector<HistoryLookup> ManyAbout(int first) {
  std::vector<HistoryLookup> many;
  for (int64_t i = 0; i < 100'000; ++i) {
    many.push_back(About(first + static_cast<int>(i * 7919 % kAddresses)));
  }
  return many;
}

// Of /proc/self/status, in MB: "RssAnon", "RssFile".
double Status(const std::string& name) {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);) {
    if (line.rfind(name + ":", 0) == 0) {
      return atof(line.c_str() + name.size() + 1) / 1024;
    }
  }
  return 0;
}

void Fill(StoredHistory* history, benchmark::State* state) {
  for (int i = 0; i < kAddresses; ++i) {
    history->Write(Present(i, kNow));
    if (i % kAtOnce == 0 && !history->store()->Sync().ok()) {
      state->SkipWithError("sync failed");
    }
  }
  if (!history->store()->Sync().ok()) state->SkipWithError("sync failed");
  if (history->size() != kAddresses) state->SkipWithError("not all are there");
}

void BM_FillFile(benchmark::State& state) {
  RemoveFiles();
  const double before = Status("RssAnon");
  StoredHistory history(OpenStore());
  for (auto _ : state) Fill(&history, &state);
  state.SetItemsProcessed(kAddresses);
  struct stat about;
  if (stat(Path().c_str(), &about) != 0) state.SkipWithError("no file");
  state.counters["file_MB"] = static_cast<double>(about.st_size) / (1 << 20);
  state.counters["RssAnon_MB"] = Status("RssAnon") - before;
  state.counters["RssFile_MB"] = Status("RssFile");
}
BENCHMARK(BM_FillFile)
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void BM_FillMemory(benchmark::State& state) {
  const double before = Status("RssAnon");
  MemoryHistory history;
  for (auto _ : state) Fill(&history, &state);
  state.SetItemsProcessed(kAddresses);
  state.counters["RssAnon_MB"] = Status("RssAnon") - before;
}
BENCHMARK(BM_FillMemory)
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

// The file of BM_FillFile, checked and opened.
void BM_Open(benchmark::State& state) {
  for (auto _ : state) {
    auto store = OpenStore();
    state.PauseTiming();
    if (store->size() != kAddresses) state.SkipWithError("not all are there");
    store.reset();
    state.ResumeTiming();
  }
}
BENCHMARK(BM_Open)->Unit(benchmark::kMillisecond)->UseRealTime();

void BM_Read(benchmark::State& state) {
  StoredHistory history(OpenStore());
  const bool there = state.range(0) != 0;
  const std::vector<HistoryLookup> asked = ManyAbout(there ? 0 : kAddresses);
  size_t i = 0, wrong = 0;
  {
    const CountAllocations count(&state);
    for (auto _ : state) {
      const Report report = history.Read(asked[i++ % asked.size()]);
      wrong += (report.state == AnswerState::kPresent) != there;
    }
  }
  if (wrong != 0) state.SkipWithError("wrong answers");
  state.SetItemsProcessed(state.iterations());
  state.counters["RssFile_MB"] = Status("RssFile");
}
BENCHMARK(BM_Read)->ArgName("there")->Arg(1)->Arg(0);

// Most of what is written: somebody who was there within the hour.
void BM_PresentAgain(benchmark::State& state) {
  StoredHistory history(OpenStore());
  const std::vector<HistoryLookup> seen = ManyAbout(0);
  size_t i = 0;
  const CountAllocations count(&state);
  for (auto _ : state) {
    history.Write({Observation::Kind::kPresent, seen[i++ % seen.size()],
                   kNow + absl::Minutes(30)});
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_PresentAgain);

// Each write is one for the disk, so many a second for ten seconds, while the
// store commits: what Write costs its caller. Beside it the same in memory,
// which shows what is the machine's own unrest.
void BM_WriteAtAPace(benchmark::State& state) {
  const bool in_file = state.range(1) != 0;
  StoredHistory history(in_file ? std::unique_ptr<Store>(OpenStore())
                                : std::make_unique<MemoryStore>(kMaxEntries));
  const absl::Duration pace = absl::Seconds(1) / state.range(0);
  const int count = static_cast<int>(10 * state.range(0));
  static int round = 0;
  ++round;
  std::vector<absl::Duration> took;
  took.reserve(static_cast<size_t>(count));
  for (auto _ : state) {
    const absl::Time begin = absl::Now();
    for (int i = 0; i < count; ++i) {
      while (absl::Now() < begin + i * pace) std::this_thread::yield();
      const int who = static_cast<int>(i * 7919LL % kAddresses);
      const Observation seen = Present(who, kNow + absl::Hours(24 * round));
      const absl::Time before = absl::Now();
      history.Write(seen);
      took.push_back(absl::Now() - before);
    }
  }
  std::sort(took.begin(), took.end());
  const auto at = [&](double part) {
    return absl::ToDoubleMicroseconds(
        took[static_cast<size_t>(part * static_cast<double>(took.size() - 1))]);
  };
  state.SetItemsProcessed(count);
  state.counters["p50_us"] = at(0.5);
  state.counters["p99_us"] = at(0.99);
  state.counters["p99.9_us"] = at(0.999);
  state.counters["max_us"] = at(1);
  if (in_file) {
    state.counters["lost"] =
        static_cast<double>(static_cast<LmdbStore*>(history.store())->lost());
  }
}
BENCHMARK(BM_WriteAtAPace)
    ->ArgNames({"a_second", "file"})
    ->ArgsProduct({{1'000, 10'000}, {0, 1}})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace mailverdict

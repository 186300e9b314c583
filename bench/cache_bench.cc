// The caches of mailboxes and of names: what an entry takes, and what a hit
// costs, by their size.
//
//   bazel run --config=opt //bench:cache_bench

#include <benchmark/benchmark.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/allocations.h"
#include "lib/engine/full_caches_testing.h"
#include "lib/engine/resident_testing.h"
#include "lib/loop/manual_executor_testing.h"

namespace mailverdict {
namespace {

// A cache, all that is in it, and what it takes. Filling the largest takes a
// minute, and a benchmark is called several times.
template <typename Full>
struct Filled {
  using Lookups = std::vector<decltype(Full::Nth(0))>;

  Filled(bool present, size_t size) {
    for (size_t i = 0; i < size; ++i) {
      lookups.push_back(Full::Nth(static_cast<int>(i)));
    }
    const int64_t before = ResidentBytes();
    full.emplace(present, size, &loop);
    for (const auto& lookup : lookups) {
      full->cache().Resolve(lookup, [](const Answer&) {});
    }
    bytes = ResidentBytes() - before;
  }

  // The last is kept.
  static Filled& With(bool present, size_t size) {
    static std::unique_ptr<Filled> last;
    static bool last_present;
    if (last == nullptr || last_present != present ||
        last->lookups.size() != size) {
      last.reset();
      last = std::make_unique<Filled>(present, size);
      last_present = present;
    }
    return *last;
  }

  ManualExecutor loop;
  Lookups lookups;
  std::optional<Full> full;
  int64_t bytes;
};

template <typename Full>
void BM_Hit(benchmark::State& state) {
  const auto size = static_cast<size_t>(state.range(1));
  Filled<Full>& filled = Filled<Full>::With(state.range(0) != 0, size);
  Full& full = *filled.full;
  size_t i = 0;
  int64_t right = 0;
  {
    const CountAllocations count(&state);
    for (auto _ : state) {
      i = (i + 7919) % size;
      full.cache().Resolve(filled.lookups[i], [&](const Answer& answer) {
        right += full.IsRight(answer);
      });
    }
  }
  if (right != state.iterations() || full.cache().size() != size) {
    state.SkipWithError("wrong answers");
  }
  // Of a small cache the kernel's pages, and what malloc had left, say little.
  if (size >= 100'000) {
    state.counters["bytes_each"] =
        static_cast<double>(filled.bytes) / static_cast<double>(size);
  }
}

void Sizes(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"present", "size"})
      ->ArgsProduct({{1, 0}, {1'000, 10'000, 100'000, 1'000'000}});
}
// Of ten millions present mailboxes only: each fill takes memory and time.
BENCHMARK_TEMPLATE(BM_Hit, MailboxCache)->Apply(Sizes)->Args({1, 10'000'000});
BENCHMARK_TEMPLATE(BM_Hit, NameCache)->Apply(Sizes);

}  // namespace
}  // namespace mailverdict

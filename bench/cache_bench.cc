// The caches of mailboxes and of names: what an entry takes, and what a hit
// costs, by their size.
//
//   bazel run --config=opt //bench:cache_bench

#include <benchmark/benchmark.h>

#include <vector>

#include "lib/resolve/testing/full_caches.h"
#include "lib/resolve/testing/manual_executor.h"
#include "lib/resolve/testing/resident.h"

namespace mailverdict {
namespace {

template <typename Full>
void BM_Hit(benchmark::State& state) {
  const auto size = static_cast<size_t>(state.range(1));
  ManualExecutor loop;
  std::vector<decltype(Full::Nth(0))> lookups;
  for (size_t i = 0; i < size; ++i) {
    lookups.push_back(Full::Nth(static_cast<int>(i)));
  }
  const int64_t before = ResidentBytes();
  Full full(state.range(0) != 0, size, &loop);
  for (const auto& lookup : lookups) {
    full.cache().Resolve(lookup, [](const Answer&) {});
  }
  const int64_t bytes = ResidentBytes() - before;
  size_t i = 0;
  int64_t right = 0;
  for (auto _ : state) {
    i = (i + 7919) % size;
    full.cache().Resolve(lookups[i], [&](const Answer& answer) {
      right += full.IsRight(answer);
    });
  }
  if (right != state.iterations() || full.cache().size() != size) {
    state.SkipWithError("wrong answers");
  }
  state.SetItemsProcessed(state.iterations());
  // Of a small cache the kernel's pages, and what malloc had left, say little.
  if (size >= 100'000) {
    state.counters["bytes_each"] =
        static_cast<double>(bytes) / static_cast<double>(size);
  }
}

void Sizes(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"present", "size"})
      ->ArgsProduct({{1, 0}, {1'000, 10'000, 100'000, 1'000'000}});
}
BENCHMARK_TEMPLATE(BM_Hit, MailboxCache)->Apply(Sizes);
BENCHMARK_TEMPLATE(BM_Hit, NameCache)->Apply(Sizes);

}  // namespace
}  // namespace mailverdict

// The DNS cache: what an entry takes, and what a hit costs, by its size.
//
//   bazel run --config=opt //bench:dns_cache_bench

#include <benchmark/benchmark.h>

#include <vector>

#include "lib/resolve/dns_cache.h"
#include "lib/resolve/testing/manual_executor.h"
#include "lib/resolve/testing/many_names.h"
#include "lib/resolve/testing/resident.h"

namespace mailverdict {
namespace {

void BM_Hit(benchmark::State& state) {
  const bool present = state.range(0) != 0;
  const auto size = static_cast<size_t>(state.range(1));
  ManualExecutor loop;
  ManyNames names(present);
  const auto policy = std::make_shared<Policy>();
  policy->dns.max_cached = size;
  std::vector<DnsLookup> lookups;
  for (size_t i = 0; i < size; ++i) {
    lookups.push_back(ManyNames::Name(static_cast<int>(i)));
  }
  const int64_t before = ResidentBytes();
  DnsCache cache(policy, &loop, &names);
  for (const DnsLookup& lookup : lookups) {
    cache.Resolve(lookup, [](const Answer&) {});
  }
  const int64_t bytes = ResidentBytes() - before;
  size_t i = 0;
  int64_t right = 0;
  for (auto _ : state) {
    i = (i + 7919) % size;
    cache.Resolve(lookups[i], [&](const Answer& answer) {
      right += present ? answer.present() : answer.absent();
    });
  }
  if (right != state.iterations() || cache.size() != size) {
    state.SkipWithError("wrong answers");
  }
  state.SetItemsProcessed(state.iterations());
  // Of a small cache the kernel's pages, and what malloc had left, say little.
  if (size >= 100'000) {
    state.counters["bytes_each"] =
        static_cast<double>(bytes) / static_cast<double>(size);
  }
}
BENCHMARK(BM_Hit)
    ->ArgNames({"present", "size"})
    ->ArgsProduct({{1, 0}, {1'000, 100'000, 1'000'000}});

}  // namespace
}  // namespace mailverdict

// How often the code under measurement allocates.

#ifndef MAILVERDICT_BENCH_ALLOCATIONS_H_
#define MAILVERDICT_BENCH_ALLOCATIONS_H_

#include <benchmark/benchmark.h>

#include <cstddef>

namespace mailverdict {

// Calls of operator new by this thread so far. Who links //bench:allocations
// has the program's operator new replaced by one that counts.
size_t Allocations();

// The counter "allocations" of a benchmark: those of this thread from here on
// to the end of the scope, for each iteration.
class CountAllocations {
 public:
  explicit CountAllocations(benchmark::State* state)
      : state_(state), before_(Allocations()) {}
  ~CountAllocations() {
    state_->counters["allocations"] =
        benchmark::Counter(static_cast<double>(Allocations() - before_),
                           benchmark::Counter::kAvgIterations);
  }
  CountAllocations(const CountAllocations&) = delete;
  CountAllocations& operator=(const CountAllocations&) = delete;

 private:
  benchmark::State* const state_;
  const size_t before_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_BENCH_ALLOCATIONS_H_

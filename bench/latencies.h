// How long things took: the quantiles of all of them, exactly.

#ifndef MAILVERDICT_BENCH_LATENCIES_H_
#define MAILVERDICT_BENCH_LATENCIES_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mailverdict {

// Not thread-safe.
class Latencies {
 public:
  void Add(int64_t nanoseconds) { all_.push_back(nanoseconds); }
  size_t count() const { return all_.size(); }

  // The least of them that `part` (0 to 1) of them do not exceed, in
  // microseconds; 0 if there are none. Sorts them.
  double Quantile(double part) {
    if (all_.empty()) return 0;
    std::sort(all_.begin(), all_.end());
    const auto place =
        static_cast<size_t>(part * static_cast<double>(all_.size() - 1) + 0.5);
    return static_cast<double>(all_[place]) / 1e3;
  }

 private:
  std::vector<int64_t> all_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_BENCH_LATENCIES_H_

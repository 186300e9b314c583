// A million cached answers of DNS in 256 MB, as the kernel counts them. Not
// under a sanitizer, whose memory would be counted with it.

#include <gtest/gtest.h>

#include "lib/resolve/dns_cache.h"
#include "lib/resolve/testing/manual_executor.h"
#include "lib/resolve/testing/many_names.h"
#include "lib/resolve/testing/resident.h"

namespace mailverdict {
namespace {

constexpr int kNames = 1'000'000;
constexpr int64_t kMost = 256'000'000;

void FillAndMeasure(bool present) {
  ManualExecutor loop;
  ManyNames names(present);
  const auto policy = std::make_shared<Policy>();
  policy->dns.max_cached = kNames;
  const int64_t before = ResidentBytes();
  DnsCache cache(policy, &loop, &names);
  int right = 0;
  for (int i = 0; i < kNames; ++i) {
    cache.Resolve(ManyNames::Name(i), [&](const Answer& answer) {
      right += present ? answer.present() : answer.absent();
    });
  }
  const int64_t bytes = ResidentBytes() - before;
  EXPECT_EQ(right, kNames);
  EXPECT_EQ(cache.size(), static_cast<size_t>(kNames));
  EXPECT_LE(bytes, kMost);
  // Less than its name alone: then something else was measured.
  EXPECT_GT(bytes, 64 * int64_t{kNames});
  printf("%.1f bytes an answer\n",
         static_cast<double>(bytes) / static_cast<double>(kNames));
}

TEST(DnsCacheMemoryTest, AMillionThatAreThere) { FillAndMeasure(true); }

TEST(DnsCacheMemoryTest, AMillionThatAreNot) { FillAndMeasure(false); }

}  // namespace
}  // namespace mailverdict

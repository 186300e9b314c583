// A million cached addresses in 256 MB, as the kernel counts them. Not under a
// sanitizer, whose memory would be counted with it.

#include <gtest/gtest.h>

#include "lib/resolve/answer_cache.h"
#include "lib/resolve/testing/crowd.h"
#include "lib/resolve/testing/manual_executor.h"
#include "lib/resolve/testing/resident.h"

namespace mailverdict {
namespace {

constexpr int kAddresses = 1'000'000;
constexpr int64_t kMost = 256'000'000;

void FillAndMeasure(bool present) {
  ManualExecutor loop;
  Crowd crowd(present);
  crowd.policy().max_cached = kAddresses;
  const int64_t before = ResidentBytes();
  AnswerCache cache(crowd.policy(), &loop, &crowd);
  int right = 0;
  for (int i = 0; i < kAddresses; ++i) {
    cache.Resolve(Crowd::Member(i), [&](const Answer& answer) {
      right += present ? answer.present() : answer.vouched();
    });
  }
  const int64_t bytes = ResidentBytes() - before;
  EXPECT_EQ(right, kAddresses);
  EXPECT_EQ(cache.size(), static_cast<size_t>(kAddresses));
  EXPECT_LE(bytes, kMost);
  // Less than its address alone: then something else was measured.
  EXPECT_GT(bytes, 64 * int64_t{kAddresses});
  printf("%.1f bytes an address\n",
         static_cast<double>(bytes) / static_cast<double>(kAddresses));
}

TEST(AnswerCacheMemoryTest, AMillionWhoArePresent) { FillAndMeasure(true); }

TEST(AnswerCacheMemoryTest, AMillionProvenAbsent) { FillAndMeasure(false); }

}  // namespace
}  // namespace mailverdict

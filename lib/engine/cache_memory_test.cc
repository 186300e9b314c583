// A million cached answers of each kind in 256 MB, as the kernel counts them.
// Not under a sanitizer, whose memory would be counted with it.

#include <gtest/gtest.h>

#include "lib/engine/full_caches_testing.h"
#include "lib/engine/resident_testing.h"
#include "lib/loop/manual_executor_testing.h"

namespace mailverdict {
namespace {

constexpr int kAnswers = 1'000'000;
constexpr int64_t kMost = 256'000'000;

template <typename Full>
void FillAndMeasure(bool present) {
  ManualExecutor loop;
  const int64_t before = ResidentBytes();
  Full full(present, kAnswers, &loop);
  int right = 0;
  for (int i = 0; i < kAnswers; ++i) {
    full.cache().Resolve(Full::Nth(i), [&](const Answer& answer) {
      right += full.IsRight(answer);
    });
  }
  const int64_t bytes = ResidentBytes() - before;
  EXPECT_EQ(right, kAnswers);
  EXPECT_EQ(full.cache().size(), static_cast<size_t>(kAnswers));
  EXPECT_LE(bytes, kMost);
  // If it is less than the contents alone, something else was measured.
  EXPECT_GT(bytes, 64 * int64_t{kAnswers});
  printf("%.1f bytes an answer\n",
         static_cast<double>(bytes) / static_cast<double>(kAnswers));
}

TEST(CacheMemoryTest, AMillionMailboxesThatArePresent) {
  FillAndMeasure<MailboxCache>(true);
}
TEST(CacheMemoryTest, AMillionMailboxesProvenAbsent) {
  FillAndMeasure<MailboxCache>(false);
}
TEST(CacheMemoryTest, AMillionNamesThatAreThere) {
  FillAndMeasure<NameCache>(true);
}
TEST(CacheMemoryTest, AMillionNamesThatAreNot) {
  FillAndMeasure<NameCache>(false);
}

}  // namespace
}  // namespace mailverdict

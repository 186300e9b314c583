#include "lib/loop/timer.h"

#include <memory>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "lib/loop/manual_executor_testing.h"

namespace mailverdict {
namespace {

TEST(Timer, RunsOnce) {
  ManualExecutor executor;
  Timer timer(&executor);
  int runs = 0;
  timer.Set(absl::Seconds(1), [&] { ++runs; });
  EXPECT_TRUE(timer.pending());
  executor.Advance(absl::Seconds(5));
  EXPECT_EQ(runs, 1);
  EXPECT_FALSE(timer.pending());
}

TEST(Timer, OneThatIsSetAgainForgetsWhatItWasSetTo) {
  ManualExecutor executor;
  Timer timer(&executor);
  int first = 0, second = 0;
  timer.Set(absl::Seconds(1), [&] { ++first; });
  timer.Set(absl::Seconds(2), [&] { ++second; });
  EXPECT_EQ(executor.timers(), 1u);
  executor.Advance(absl::Seconds(5));
  EXPECT_EQ(first, 0);
  EXPECT_EQ(second, 1);
}

TEST(Timer, IsCancelledWithItsOwner) {
  ManualExecutor executor;
  int runs = 0;
  {
    Timer timer(&executor);
    timer.Set(absl::Seconds(1), [&] { ++runs; });
  }
  EXPECT_EQ(executor.timers(), 0u);
  executor.Advance(absl::Seconds(5));
  EXPECT_EQ(runs, 0);
}

TEST(Timer, ItsTaskMaySetItAgain) {
  ManualExecutor executor;
  Timer timer(&executor);
  int runs = 0;
  timer.Set(absl::Seconds(1), [&] {
    ++runs;
    timer.Set(absl::Seconds(1), [&] { runs += 10; });
  });
  executor.Advance(absl::Seconds(1));
  EXPECT_EQ(runs, 1);
  EXPECT_TRUE(timer.pending());
  executor.Advance(absl::Seconds(1));
  EXPECT_EQ(runs, 11);
}

TEST(Timer, ItsTaskMayDestroyIt) {
  ManualExecutor executor;
  auto timer = std::make_unique<Timer>(&executor);
  auto seen = std::make_shared<int>(0);
  timer->Set(absl::Seconds(1), [&timer, seen] {
    timer.reset();
    ++*seen;
  });
  executor.Advance(absl::Seconds(1));
  EXPECT_EQ(timer, nullptr);
  EXPECT_EQ(*seen, 1);
}

}  // namespace
}  // namespace mailverdict

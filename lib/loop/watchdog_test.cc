#include "lib/loop/watchdog.h"

#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "lib/loop/event_loop.h"
#include "lib/loop/run_until_testing.h"

namespace mailverdict {
namespace {

constexpr absl::Duration kBound = absl::Seconds(10);
const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

class StallDetectorTest : public ::testing::Test {
 protected:
  // Calls Look every two seconds until `end`, and returns the lines.
  std::vector<std::string> LookUntil(absl::Time end) {
    std::vector<std::string> lines;
    while (now_ < end) {
      now_ += absl::Seconds(2);
      if (auto line = detector_.Look(now_)) lines.push_back(*line);
    }
    return lines;
  }

  absl::Time now_ = kStart;
  StallDetector detector_{kBound, kStart};
};

TEST_F(StallDetectorTest, SaysNothingOfALoopThatRuns) {
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(LookUntil(now_ + kBound).empty());
    EXPECT_EQ(detector_.Beat(now_), std::nullopt);
  }
}

TEST_F(StallDetectorTest, SaysForHowLongAndSinceWhenALoopStandsStill) {
  EXPECT_TRUE(LookUntil(kStart + kBound).empty());
  const std::vector<std::string> lines = LookUntil(now_ + absl::Seconds(50));
  ASSERT_EQ(lines.size(), 1u) << "one line a minute";
  EXPECT_TRUE(absl::StrContains(
      lines[0], "has stood still for 12s, since 2027-01-15T08:00:00Z"))
      << lines[0];
  EXPECT_EQ(LookUntil(now_ + absl::Minutes(2)).size(), 2u);
}

TEST_F(StallDetectorTest, SaysOnceWhenItRunsAgain) {
  LookUntil(kStart + absl::Seconds(20));
  EXPECT_EQ(detector_.Beat(now_),
            "the event loop runs again, after it stood still for 20s");
  EXPECT_EQ(detector_.Beat(now_), std::nullopt);
  EXPECT_TRUE(LookUntil(now_ + kBound).empty());
  EXPECT_EQ(LookUntil(now_ + absl::Seconds(2)).size(), 1u) << "a second time";
}

// The machine slept, or the process got SIGSTOP.
TEST_F(StallDetectorTest, ATimeInWhichNobodyLookedIsNotHeldAgainstTheLoop) {
  now_ += absl::Hours(1);
  EXPECT_EQ(detector_.Look(now_), std::nullopt);
  EXPECT_TRUE(LookUntil(now_ + kBound).empty());
  EXPECT_EQ(LookUntil(now_ + absl::Seconds(2)).size(), 1u)
      << "but it must run now";
}

// Collects lines from two threads.
class Lines {
 public:
  void Add(const std::string& line) {
    const std::lock_guard<std::mutex> lock(mutex_);
    lines_.push_back(line);
  }
  size_t size() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return lines_.size();
  }
  std::string operator[](size_t i) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return lines_.at(i);
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

TEST(Watchdog, SpeaksWhileTheLoopCannot) {
  const auto loop = *EventLoop::Create();
  Lines lines;
  std::promise<void> said;
  Watchdog watchdog(loop.get(), absl::Milliseconds(50),
                    [&](const std::string& line) {
                      lines.Add(line);
                      if (lines.size() == 1) said.set_value();
                    });
  ASSERT_TRUE(watchdog.watching());
  // The loop hangs until the watchdog has logged it.
  loop->Post([&] { said.get_future().wait(); });
  ASSERT_TRUE(RunUntil(loop.get(), [&] { return lines.size() >= 2; }));
  EXPECT_TRUE(absl::StrContains(lines[0], "has stood still for")) << lines[0];
  EXPECT_TRUE(absl::StrContains(lines[1], "runs again")) << lines[1];
}

TEST(Watchdog, LeavesNothingInTheLoop) {
  const auto loop = *EventLoop::Create();
  {
    Watchdog watchdog(loop.get(), absl::Hours(1), [](const std::string&) {});
    EXPECT_EQ(loop->Leftovers(), "1 timers");
  }
  EXPECT_EQ(loop->Leftovers(), "");
}

}  // namespace
}  // namespace mailverdict

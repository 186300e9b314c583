#include "lib/loop/timer_queue.h"

#include <map>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace mailverdict {
namespace {

void RunAll(TimerQueue* queue, int64_t now) {
  while (std::optional<TimerQueue::Task> task = queue->TakeDue(now)) (*task)();
}

TEST(TimerQueue, GivesTimersInTheOrderInWhichTheyAreDue) {
  TimerQueue queue;
  std::vector<int> ran;
  queue.Add(30, [&] { ran.push_back(3); });
  queue.Add(10, [&] { ran.push_back(1); });
  queue.Add(20, [&] { ran.push_back(2); });
  queue.Add(10, [&] { ran.push_back(11); });
  EXPECT_EQ(queue.NextDue(), 10);
  RunAll(&queue, 20);
  EXPECT_EQ(ran, (std::vector<int>{1, 11, 2}));
  EXPECT_EQ(queue.NextDue(), 30);
  RunAll(&queue, 30);
  EXPECT_EQ(queue.NextDue(), std::nullopt);
}

TEST(TimerQueue, IgnoresIdsThatAreDoneOrWereNeverGiven) {
  TimerQueue queue;
  EXPECT_FALSE(queue.Cancel(0));
  EXPECT_FALSE(queue.Cancel(uint64_t{7} << 32));
  const TimerQueue::Id first = queue.Add(1, [] {});
  EXPECT_NE(first, 0u);
  RunAll(&queue, 1);
  const TimerQueue::Id second = queue.Add(1, [] {});
  EXPECT_NE(first, second);
  EXPECT_FALSE(queue.Cancel(first)) << "it would cancel its successor";
  EXPECT_TRUE(queue.Cancel(second));
  EXPECT_FALSE(queue.Cancel(second));
  EXPECT_EQ(queue.size(), 0u);
}

TEST(TimerQueue, DestroysACancelledTaskAtOnce) {
  TimerQueue queue;
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> seen = held;
  const TimerQueue::Id id = queue.Add(1, [held] {});
  held.reset();
  EXPECT_FALSE(seen.expired());
  queue.Cancel(id);
  EXPECT_TRUE(seen.expired());
}

TEST(TimerQueue, LetsATaskBeingDestroyedCancelAnother) {
  TimerQueue queue;
  const TimerQueue::Id other = queue.Add(2, [] {});
  std::shared_ptr<int> canceller(new int(0), [&queue, other](int* p) {
    delete p;
    queue.Cancel(other);
  });
  const TimerQueue::Id id = queue.Add(1, [canceller] {});
  canceller.reset();
  queue.Cancel(id);
  EXPECT_EQ(queue.size(), 0u);
}

// Compares the queue with a std::map, which does the same more slowly.
TEST(TimerQueue, AgreesWithASortedMapOverRandomOperations) {
  const unsigned seed = 20240607;
  std::mt19937 random(seed);
  TimerQueue queue;
  std::map<std::pair<int64_t, int>, TimerQueue::Id> model;
  std::vector<int> ran, expected;
  int64_t now = 0;
  for (int i = 0; i < 20000; ++i) {
    if (random() % 3 != 0) {
      const int64_t due = now + static_cast<int64_t>(random() % 100);
      model[{due, i}] = queue.Add(due, [&ran, i] { ran.push_back(i); });
    } else if (!model.empty() && random() % 2 == 0) {
      auto victim =
          model.lower_bound({now + static_cast<int64_t>(random() % 100), 0});
      if (victim == model.end()) continue;
      ASSERT_TRUE(queue.Cancel(victim->second)) << "seed " << seed;
      model.erase(victim);
    } else {
      now += static_cast<int64_t>(random() % 5);
      RunAll(&queue, now);
      while (!model.empty() && model.begin()->first.first <= now) {
        expected.push_back(model.begin()->first.second);
        model.erase(model.begin());
      }
    }
    ASSERT_EQ(queue.size(), model.size()) << "seed " << seed;
  }
  EXPECT_GT(ran.size(), 1000u);
  EXPECT_EQ(ran, expected) << "seed " << seed;
}

}  // namespace
}  // namespace mailverdict

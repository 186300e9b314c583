#include "adapters/daemon/background_task.h"

#include <future>
#include <memory>
#include <thread>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "lib/loop/manual_executor_testing.h"

namespace mailverdict {
namespace {

TEST(BackgroundTask, WorksOnAThreadAndIsDoneOnTheLoops) {
  ManualExecutor executor;
  BackgroundTask task(&executor);
  auto worked_on = std::make_shared<std::thread::id>();
  bool done = false;
  ASSERT_TRUE(
      task.Start([worked_on] { *worked_on = std::this_thread::get_id(); },
                 [&] {
                   done = true;
                   EXPECT_FALSE(task.running());
                 })
          .ok());
  EXPECT_TRUE(task.running());
  ASSERT_TRUE(executor.RunUntil([&] { return done; }));
  EXPECT_NE(*worked_on, std::thread::id());
  EXPECT_NE(*worked_on, std::this_thread::get_id());
}

TEST(BackgroundTask, StartsAgainFromWithinDone) {
  ManualExecutor executor;
  BackgroundTask task(&executor);
  int done = 0;
  ASSERT_TRUE(task.Start([] {},
                         [&] {
                           ++done;
                           EXPECT_TRUE(task.Start([] {}, [&] { ++done; }).ok());
                         })
                  .ok());
  ASSERT_TRUE(executor.RunUntil([&] { return done == 2; }));
  EXPECT_FALSE(task.running());
}

TEST(BackgroundTask, AnEndDoesNotWaitForWorkThatHangs) {
  std::promise<void> hang;
  const std::shared_future<void> heals = hang.get_future().share();
  auto alive = std::make_shared<int>();
  const std::weak_ptr<int> used = alive;
  bool done = false;
  {
    ManualExecutor executor;
    BackgroundTask task(&executor);
    ASSERT_TRUE(task.Start([heals, alive = std::move(alive)] { heals.wait(); },
                           [&] { done = true; })
                    .ok());
    EXPECT_FALSE(task.WaitFor(absl::Milliseconds(10)));
  }
  // The executor is gone; the work goes on with what it owns, and ends.
  EXPECT_FALSE(used.expired());
  hang.set_value();
  while (!used.expired()) std::this_thread::yield();
  EXPECT_FALSE(done);
}

// `done` may remove a file or a folder that the work has had open.
TEST(BackgroundTask, WhatTheWorkOwnsIsGoneWhenItHasEnded) {
  ManualExecutor executor;
  BackgroundTask task(&executor);
  for (int i = 0; i < 100; ++i) {
    auto owned = std::make_shared<int>();
    const std::weak_ptr<int> used = owned;
    bool done = false;
    ASSERT_TRUE(task.Start([owned = std::move(owned)] {},
                           [&] {
                             done = true;
                             EXPECT_TRUE(used.expired());
                           })
                    .ok());
    ASSERT_TRUE(executor.RunUntil([&] { return done; }));
  }
}

TEST(BackgroundTask, WhatWasPostedBeforeTheEndDoesNotRunAfterIt) {
  ManualExecutor executor;
  bool done = false;
  {
    BackgroundTask task(&executor);
    ASSERT_TRUE(task.Start([] {}, [&] { done = true; }).ok());
    ASSERT_TRUE(task.WaitFor(absl::Seconds(30)));
  }
  executor.RunReady();
  EXPECT_FALSE(done);
}

}  // namespace
}  // namespace mailverdict

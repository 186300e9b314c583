#include <sys/eventfd.h>
#include <unistd.h>

#include <memory>
#include <optional>

#include "absl/time/time.h"
#include "gtest/gtest-spi.h"
#include "gtest/gtest.h"
#include "lib/loop/manual_executor_testing.h"

namespace mailverdict {
namespace {

TEST(ManualExecutor, FailsATestThatEndsWithATimer) {
  std::optional<ManualExecutor> executor(std::in_place);
  executor->RunAfter(absl::Seconds(4), [] {});
  EXPECT_NONFATAL_FAILURE(executor.reset(), "a timer due in 4s");
}

TEST(ManualExecutor, FailsATestThatEndsWithAPostedTask) {
  std::optional<ManualExecutor> executor(std::in_place);
  executor->Post([] {});
  EXPECT_NONFATAL_FAILURE(executor.reset(), "1 posted tasks");
}

TEST(ManualExecutor, CountsAWatchUntilItIsDestroyed) {
  auto executor = std::make_unique<ManualExecutor>();
  const int fd = eventfd(0, EFD_CLOEXEC);
  std::unique_ptr<Executor::Watch> watch =
      executor->WatchFd(fd, Executor::Ready::kToRead, [] {});
  EXPECT_NE(executor->Leftovers().find("a watch of descriptor"),
            std::string::npos);
  watch.reset();
  EXPECT_EQ(executor->Leftovers(), "");
  close(fd);
}

TEST(ManualExecutor, IsContentWhenAllHasRunOrWasCancelled) {
  ManualExecutor executor;
  executor.Cancel(executor.RunAfter(absl::Seconds(4), [] {}));
  executor.RunAfter(absl::Seconds(1), [] {});
  executor.Post([] {});
  executor.Advance(absl::Seconds(1));
}

TEST(ManualExecutor, AllowsWhatATestSaysIsMeant) {
  ManualExecutor executor;
  executor.AllowLeftovers("this test is about them");
  executor.RunAfter(absl::Seconds(4), [] {});
}

}  // namespace
}  // namespace mailverdict

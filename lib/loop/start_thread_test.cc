#include "lib/loop/start_thread.h"

#include <gtest/gtest.h>

#include <memory>

#include "lib/loop/no_threads_testing.h"

namespace mailverdict {
namespace {

// The signals that the calling thread blocks.
sigset_t Blocked() {
  sigset_t blocked;
  pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
  return blocked;
}

TEST(StartThread, BlocksSignalsButNoFaults) {
  sigset_t its = {};
  absl::StatusOr<std::thread> thread = StartThread([&its] { its = Blocked(); });
  ASSERT_TRUE(thread.ok()) << thread.status();
  thread->join();
  for (const int signal : {SIGTERM, SIGHUP, SIGINT, SIGPIPE, SIGXFSZ}) {
    EXPECT_EQ(sigismember(&its, signal), 1) << signal;
  }
  EXPECT_EQ(sigismember(&its, SIGSEGV), 0);
  const sigset_t ours = Blocked();
  EXPECT_EQ(sigismember(&ours, SIGTERM), 0);
}

TEST(StartThread, WithoutAThreadItSaysSo) {
  const auto held = std::make_shared<int>(0);
  {
    const NoThreads none;
    const absl::StatusOr<std::thread> thread =
        StartThread([held] { ADD_FAILURE() << "it has run"; });
    EXPECT_EQ(thread.status().code(), absl::StatusCode::kResourceExhausted);
    EXPECT_NE(thread.status().message().find("no thread to spare"),
              absl::string_view::npos);
  }
  EXPECT_EQ(held.use_count(), 1);
  const sigset_t ours = Blocked();
  EXPECT_EQ(sigismember(&ours, SIGTERM), 0);
  absl::StatusOr<std::thread> later = StartThread([] {});
  ASSERT_TRUE(later.ok());
  later->join();
}

}  // namespace
}  // namespace mailverdict

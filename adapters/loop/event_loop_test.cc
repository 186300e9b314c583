#include "adapters/loop/event_loop.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "adapters/loop/run_until.h"
#include "gtest/gtest.h"

namespace mailverdict {
namespace {

class EventLoopTest : public ::testing::Test {
 protected:
  EventLoopTest() : loop_(*EventLoop::Create()) {}
  std::unique_ptr<EventLoop> loop_;
};

TEST_F(EventLoopTest, RunsTasksAndTimersInTheOrderInWhichTheyAreDue) {
  std::string order;
  loop_->RunAfter(absl::Milliseconds(20), [&] {
    order += '5';
    loop_->Stop();
  });
  loop_->RunAfter(absl::Milliseconds(10), [&] { order += '4'; });
  loop_->RunAfter(-absl::Seconds(1), [&] { order += '1'; });
  loop_->Post([&] { order += '2'; });
  loop_->RunAfter(absl::ZeroDuration(), [&] { order += '3'; });
  EXPECT_EQ(order, "") << "nothing runs from within Post or RunAfter";
  loop_->Run();
  EXPECT_EQ(order, "12345");
}

TEST_F(EventLoopTest, RunsATimerNotBeforeItsTime) {
  for (const int wait : {1, 7, 30}) {
    const absl::Time due = loop_->Now() + absl::Milliseconds(wait);
    absl::Time ran;
    loop_->RunAfter(absl::Milliseconds(wait), [&] {
      ran = loop_->Now();
      loop_->Stop();
    });
    loop_->Run();
    EXPECT_GE(ran, due);
  }
}

TEST_F(EventLoopTest, RunsAnEarlierTimerSetAfterALaterOne) {
  bool late = false;
  loop_->RunAfter(absl::Hours(1), [&] { late = true; });
  loop_->RunAfter(absl::InfiniteDuration(), [&] { late = true; });
  loop_->Post(
      [&] { loop_->RunAfter(absl::Milliseconds(1), [&] { loop_->Stop(); }); });
  loop_->Run();
  EXPECT_FALSE(late);
}

TEST_F(EventLoopTest, ForgetsACancelledTimerEvenIfItIsDue) {
  bool ran = false;
  const auto timer = loop_->RunAfter(absl::ZeroDuration(), [&] { ran = true; });
  loop_->Cancel(timer);
  loop_->Cancel(timer);
  loop_->Cancel(0);
  loop_->RunAfter(absl::Milliseconds(2), [&] { loop_->Stop(); });
  loop_->Run();
  EXPECT_FALSE(ran);
}

TEST_F(EventLoopTest, RunsEachTaskOfManyThreadsOnceAndInEachThreadsOrder) {
  constexpr int kThreads = 4, kTasks = 5000;
  std::vector<std::vector<int>> ran(kThreads);
  int total = 0;
  std::vector<std::thread> threads;
  const std::thread::id here = std::this_thread::get_id();
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kTasks; ++i) {
        loop_->Post([&, t, i] {
          EXPECT_EQ(std::this_thread::get_id(), here);
          ran[t].push_back(i);
          ++total;
        });
      }
    });
  }
  EXPECT_TRUE(
      RunUntil(loop_.get(), [&] { return total == kThreads * kTasks; }));
  for (std::thread& thread : threads) thread.join();
  for (const std::vector<int>& mine : ran) {
    ASSERT_EQ(mine.size(), size_t{kTasks});
    for (int i = 0; i < kTasks; ++i) ASSERT_EQ(mine[i], i);
  }
}

// Without any timer: only the post itself can wake the loop.
TEST_F(EventLoopTest, IsWokenFromSleepByEachPostOfAnotherThread) {
  std::atomic<int> ran{0};
  std::thread other([&] {
    for (int i = 0; i < 1000; ++i) {
      loop_->Post([&] { ++ran; });
      while (ran != i + 1) std::this_thread::yield();
    }
    loop_->Stop();
  });
  loop_->Run();
  other.join();
  EXPECT_EQ(ran, 1000);
}

TEST_F(EventLoopTest, RemembersAStopThatCameBeforeRun) {
  loop_->Stop();
  loop_->Run();
  int ran = 0;
  loop_->Post([&] {
    ++ran;
    loop_->Stop();
  });
  loop_->Run();
  EXPECT_EQ(ran, 1);
}

TEST_F(EventLoopTest, LooksAtDescriptorsWhileATaskPostsItselfForEver) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  ASSERT_EQ(write(ends[1], "x", 1), 1);
  FdWatch watch(loop_.get(), ends[0], FdWatch::kReadable,
                [&] { loop_->Stop(); });
  ASSERT_TRUE(watch.Start());
  std::function<void()> again = [&] { loop_->Post(again); };
  std::function<void()> timer = [&] {
    loop_->RunAfter(absl::ZeroDuration(), timer);
  };
  again();
  timer();
  loop_->Run();
  watch.Stop();
  close(ends[0]);
  close(ends[1]);
}

TEST_F(EventLoopTest, LetsAWatchBeDestroyedFromItsOwnCallback) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  close(ends[1]);
  std::unique_ptr<FdWatch> watch;
  const std::string captured = "still here after the watch has gone";
  std::string seen;
  watch = std::make_unique<FdWatch>(loop_.get(), ends[0], FdWatch::kReadable,
                                    [&, captured] {
                                      watch.reset();
                                      seen = captured;
                                      loop_->Stop();
                                    });
  ASSERT_TRUE(watch->Start());
  loop_->Run();
  EXPECT_EQ(seen, captured);
  close(ends[0]);
}

TEST_F(EventLoopTest, WatchesADescriptorForAnyoneUntilHeLetsGo) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  int readable = 0, writable = 0;
  auto write_watch = loop_->WatchFd(ends[0], Executor::Ready::kToWrite, [&] {
    ++writable;
    loop_->Stop();
  });
  ASSERT_NE(write_watch, nullptr);
  loop_->Run();
  EXPECT_EQ(writable, 1);
  write_watch.reset();
  std::unique_ptr<Executor::Watch> read_watch =
      loop_->WatchFd(ends[0], Executor::Ready::kToRead, [&] {
        if (++readable == 3) read_watch.reset();
      });
  ASSERT_NE(read_watch, nullptr);
  ASSERT_EQ(write(ends[1], "x", 1), 1);  // never read: it stays ready
  ASSERT_TRUE(RunUntil(loop_.get(), [&] { return read_watch == nullptr; }));
  bool later = false;
  loop_->RunAfter(absl::Milliseconds(5), [&] { later = true; });
  ASSERT_TRUE(RunUntil(loop_.get(), [&] { return later; }));
  EXPECT_EQ(readable, 3);
  EXPECT_EQ(writable, 1);
  close(ends[0]);
  close(ends[1]);
}

TEST_F(EventLoopTest, RunsATaskOutsideOnlyWhileItSleeps) {
  EXPECT_FALSE(loop_->RunOutside([] {})) << "it is not in Run";
  int ran = 0, refused = 0, timers = 0;  // unguarded: tsan would tell
  std::thread other([&] {
    for (int i = 0; i < 2000; ++i) {
      const bool outside = loop_->RunOutside([&] {
        ++ran;
        loop_->RunAfter(absl::ZeroDuration(), [&] { ++timers; });
      });
      if (!outside) loop_->Post([&] { ++refused; });
    }
    // The timer wakes the loop, which waits for nothing else.
    while (!loop_->RunOutside([&] {
      loop_->RunAfter(absl::Milliseconds(1), [&] { loop_->Stop(); });
    })) {
    }
  });
  loop_->Run();
  other.join();
  EXPECT_EQ(ran + refused, 2000);
  EXPECT_GT(ran, 0);
  EXPECT_EQ(timers, ran);
  EXPECT_FALSE(loop_->RunOutside([] {})) << "it is not in Run any more";
}

TEST_F(EventLoopTest, BeforeItSleepsItDoesOnceWhatManyWantDone) {
  std::vector<std::string> done;
  BeforeSleep together(loop_.get(), [&] { done.push_back("together"); });
  for (const char* name : {"one", "two"}) {
    loop_->Post([&, name] {
      done.push_back(name);
      together.Schedule();
    });
  }
  EXPECT_TRUE(RunUntil(loop_.get(), [&] { return done.size() == 3; }));
  EXPECT_EQ(done, (std::vector<std::string>{"one", "two", "together"}));
}

// Nothing else wakes it here.
TEST_F(EventLoopTest, WhatIsWantedOnceMoreIsDoneBeforeItSleeps) {
  int done = 0;
  std::function<void()> schedule;
  BeforeSleep together(loop_.get(), [&] {
    if (++done < 3) {
      schedule();
    } else {
      loop_->Stop();
    }
  });
  schedule = [&] { together.Schedule(); };
  loop_->Post([&] { schedule(); });
  loop_->RunAfter(absl::Seconds(30), [&] { loop_->Stop(); });
  const absl::Time start = loop_->Now();
  loop_->Run();
  EXPECT_EQ(done, 3);
  EXPECT_LT(loop_->Now() - start, absl::Seconds(30));
}

TEST_F(EventLoopTest, WhatIsWantedFromOutsideWakesIt) {
  bool done = false;
  BeforeSleep together(loop_.get(), [&] {
    done = true;
    loop_->Stop();
  });
  std::thread other([&] {
    while (!loop_->RunOutside([&] { together.Schedule(); })) {
    }
  });
  loop_->Run();
  other.join();
  EXPECT_TRUE(done);
}

TEST_F(EventLoopTest, KeepsOutATaskFromOutsideWhileItRunsOne) {
  std::atomic<bool> busy{false}, tried{false};
  bool outside = true;
  std::thread other([&] {
    while (!busy) std::this_thread::yield();
    outside = loop_->RunOutside([] {});
    tried = true;
  });
  loop_->Post([&] {
    busy = true;
    while (!tried) std::this_thread::yield();
    loop_->Stop();
  });
  loop_->Run();
  other.join();
  EXPECT_FALSE(outside);
}

TEST_F(EventLoopTest, CallsBackForASignalEachTime) {
  int hups = 0;
  ASSERT_TRUE(loop_->OnSignal(SIGHUP, [&] { ++hups; }).ok());
  ASSERT_TRUE(loop_->OnSignal(SIGTERM, [&] { loop_->Stop(); }).ok());
  raise(SIGHUP);
  EXPECT_EQ(hups, 0) << "not in the signal handler";
  EXPECT_TRUE(RunUntil(loop_.get(), [&] { return hups == 1; }));
  raise(SIGHUP);
  EXPECT_TRUE(RunUntil(loop_.get(), [&] { return hups == 2; }));
  raise(SIGTERM);
  loop_->Run();
  EXPECT_EQ(hups, 2);
}

TEST_F(EventLoopTest, TellsANowThatNeverStepsBackAndIsTheTimeOfDay) {
  EXPECT_LT(absl::AbsDuration(loop_->Now() - absl::Now()), absl::Seconds(5));
  absl::Time last = loop_->Now();
  for (int i = 0; i < 1000; ++i) {
    const absl::Time now = loop_->Now();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST_F(EventLoopTest, DestroysTasksThatHaveNotRun) {
  auto held = std::make_shared<int>(0);
  loop_->Post([held] {});
  loop_->RunAfter(absl::Hours(1), [held] {});
  EXPECT_EQ(held.use_count(), 3);
  loop_.reset();
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace mailverdict

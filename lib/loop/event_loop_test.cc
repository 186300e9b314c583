#include "lib/loop/event_loop.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "lib/loop/run_until_testing.h"
#include "lib/loop/timer.h"

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
  Timer hour(loop_.get()), never(loop_.get());
  hour.Set(absl::Hours(1), [&] { late = true; });
  never.Set(absl::InfiniteDuration(), [&] { late = true; });
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

// There is no timer, so only the post can wake the loop.
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
  loop_->AllowLeftovers("the timer sets itself for ever");
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

// Both descriptors are ready in the same epoll_wait. The first callback closes
// the other descriptor; the event must not reach the new descriptor with the
// same number.
TEST_F(EventLoopTest, ADescriptorThatWasReusedIsNotTakenForTheOldOne) {
  int ends[2][2];
  std::unique_ptr<FdWatch> watches[2], newcomer;
  int calls = 0, newcomers_calls = 0;
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends[i]), 0);
    ASSERT_EQ(write(ends[i][1], "x", 1), 1);
    watches[i] = std::make_unique<FdWatch>(
        loop_.get(), ends[i][0], FdWatch::kReadable, [&, i] {
          ++calls;
          const int other = ends[1 - i][0];
          watches[1 - i].reset();
          close(other);
          ASSERT_EQ(fcntl(ends[i][1], F_DUPFD, other), other);  // has no input
          newcomer =
              std::make_unique<FdWatch>(loop_.get(), other, FdWatch::kReadable,
                                        [&] { ++newcomers_calls; });
          ASSERT_TRUE(newcomer->Start());
          watches[i]->Stop();
        });
    ASSERT_TRUE(watches[i]->Start());
  }
  bool later = false;
  loop_->RunAfter(absl::Milliseconds(5), [&] { later = true; });
  ASSERT_TRUE(RunUntil(loop_.get(), [&] { return later && calls > 0; }));
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(newcomers_calls, 0);
  newcomer.reset();
  for (const auto& pair : ends) {
    close(pair[0]);
    close(pair[1]);
  }
}

// More descriptors than the loop asks for at once.
TEST_F(EventLoopTest, ServesAsManyDescriptorsAsAreReady) {
  constexpr size_t kMany = 300;
  std::vector<std::unique_ptr<FdWatch>> watches;
  std::vector<int> calls(kMany), fds;
  for (size_t i = 0; i < kMany; ++i) {
    fds.push_back(eventfd(1, EFD_CLOEXEC));
    watches.push_back(std::make_unique<FdWatch>(loop_.get(), fds[i],
                                                FdWatch::kReadable, [&, i] {
                                                  ++calls[i];
                                                  watches[i]->Stop();
                                                }));
    ASSERT_TRUE(watches[i]->Start());
  }
  EXPECT_TRUE(RunUntil(loop_.get(), [&] {
    return std::find(calls.begin(), calls.end(), 0) == calls.end();
  }));
  EXPECT_EQ(calls, std::vector<int>(kMany, 1));
  watches.clear();
  for (const int fd : fds) close(fd);
}

TEST_F(EventLoopTest, WatchesBothDirectionsApartAndEachOnce) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  int readable = 0, writable = 0;
  FdWatch read_watch(loop_.get(), ends[0], FdWatch::kReadable,
                     [&] { ++readable; });
  FdWatch write_watch(loop_.get(), ends[0], FdWatch::kWritable,
                      [&] { ++writable; });
  FdWatch another(loop_.get(), ends[0], FdWatch::kReadable, [] {});
  EXPECT_FALSE(FdWatch(loop_.get(), -1, FdWatch::kReadable, [] {}).Start());
  ASSERT_TRUE(read_watch.Start());
  ASSERT_TRUE(write_watch.Start());
  EXPECT_FALSE(another.Start()) << "there is one";
  EXPECT_TRUE(RunUntil(loop_.get(), [&] { return writable > 0; }));
  EXPECT_EQ(readable, 0);
  write_watch.Stop();
  const int before = writable;
  ASSERT_EQ(write(ends[1], "x", 1), 1);
  EXPECT_TRUE(RunUntil(loop_.get(), [&] { return readable > 0; }));
  EXPECT_EQ(writable, before);
  // A closed peer makes both directions ready.
  close(ends[1]);
  read_watch.Stop();
  ASSERT_TRUE(write_watch.Start());
  EXPECT_TRUE(RunUntil(loop_.get(), [&] { return writable > before; }));
  write_watch.Stop();
  close(ends[0]);
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

// A second SIGTERM that comes at once has a meaning of its own, so it must not
// be lost.
TEST_F(EventLoopTest, TellsOfEachOfSeveralSignals) {
  int hups = 0, users = 0;
  ASSERT_TRUE(
      loop_
          ->OnSignal(SIGHUP,
                     [&] {
                       if (++hups != 1) return;
                       EXPECT_TRUE(
                           loop_->OnSignal(SIGUSR1, [&] { ++users; }).ok());
                       raise(SIGUSR1);
                     })
          .ok());
  raise(SIGHUP);
  raise(SIGHUP);
  EXPECT_TRUE(RunUntil(loop_.get(), [&] { return hups == 2 && users == 1; }));
}

TEST_F(EventLoopTest, AnotherLoopMayHaveTheSignalsThatOneCouldNot) {
  EXPECT_FALSE(loop_->OnSignal(SIGKILL, [] {}).ok());
  auto another = EventLoop::Create();
  ASSERT_TRUE(another.ok());
  EXPECT_TRUE((*another)->OnSignal(SIGHUP, [] {}).ok());
}

TEST_F(EventLoopTest, SignalsAreOneLoopsAndAreGivenBack) {
  struct sigaction before = {}, after = {};
  ASSERT_EQ(sigaction(SIGHUP, nullptr, &before), 0);
  EXPECT_EQ(loop_->OnSignal(SIGKILL, [] {}).message(),
            "event loop: signal 9 is none that can be caught");
  EXPECT_FALSE(loop_->OnSignal(-1, [] {}).ok());
  EXPECT_FALSE(loop_->OnSignal(NSIG, [] {}).ok());
  ASSERT_TRUE(loop_->OnSignal(SIGHUP, [] {}).ok());
  auto another = EventLoop::Create();
  ASSERT_TRUE(another.ok());
  EXPECT_EQ((*another)->OnSignal(SIGHUP, [] {}).message(),
            "event loop: another loop of this process has the signals");
  EXPECT_EQ(loop_->OnSignal(SIGHUP, [] {}).message(),
            "event loop: signal 1 has a task already");
  raise(SIGHUP);  // nobody will hear of it
  loop_.reset();
  ASSERT_EQ(sigaction(SIGHUP, nullptr, &after), 0);
  EXPECT_EQ(after.sa_handler, before.sa_handler);
  int hups = 0;
  ASSERT_TRUE((*another)->OnSignal(SIGHUP, [&] { ++hups; }).ok());
  bool later = false;
  (*another)->RunAfter(absl::Milliseconds(5), [&] { later = true; });
  EXPECT_TRUE(RunUntil(another->get(), [&] { return later; }));
  EXPECT_EQ(hups, 0) << "that one was another loop's";
  raise(SIGHUP);
  EXPECT_TRUE(RunUntil(another->get(), [&] { return hups == 1; }));
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

TEST_F(EventLoopTest, TellsWhichTimersAndWatchesAreLeft) {
  EXPECT_EQ(loop_->Leftovers(), "");
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  {
    const auto watch = loop_->WatchFd(ends[0], Executor::Ready::kToRead, [] {});
    Timer timer(loop_.get());
    timer.Set(absl::Hours(1), [] {});
    EXPECT_EQ(loop_->Leftovers(),
              "1 timers, a watch of descriptor " + std::to_string(ends[0]));
  }
  EXPECT_EQ(loop_->Leftovers(), "");
  close(ends[0]);
  close(ends[1]);
}

#ifdef __SANITIZE_ADDRESS__
using EventLoopDeathTest = EventLoopTest;

TEST_F(EventLoopDeathTest, ATimerThatIsLeftEndsATestUnderTheSanitizer) {
  loop_->RunAfter(absl::Hours(1), [] {});
  EXPECT_DEATH(loop_.reset(), "destroyed with 1 timers left over");
  loop_->AllowLeftovers("the child of this test has ended, not this loop");
}
#endif

TEST_F(EventLoopTest, DestroysTasksThatHaveNotRun) {
  auto held = std::make_shared<int>(0);
  loop_->Post([held] {});
  loop_->RunAfter(absl::Hours(1), [held] {});
  EXPECT_EQ(held.use_count(), 3);
  loop_->AllowLeftovers("the timer's task is what this is about");
  loop_.reset();
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace mailverdict

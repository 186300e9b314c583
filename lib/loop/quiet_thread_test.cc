#include "lib/loop/quiet_thread.h"

#include <pthread.h>
#include <signal.h>

#include <system_error>

#include "gtest/gtest.h"

namespace mailverdict {
namespace {

bool IsBlocked(int signal) {
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  return sigismember(&mask, signal) == 1;
}

TEST(QuietThread, TakesNoSignalButItsOwnFaults) {
  bool term = false, fault = true;
  StartQuietThread([&] {
    term = IsBlocked(SIGTERM);
    fault = IsBlocked(SIGSEGV);
  }).join();
  EXPECT_TRUE(term);
  EXPECT_FALSE(fault);
  EXPECT_FALSE(IsBlocked(SIGTERM)) << "here they still arrive";
}

TEST(QuietThread, OneThatCannotStartLeavesTheSignalsAsTheyWere) {
  pthread_attr_t before, huge;
  ASSERT_EQ(pthread_getattr_default_np(&before), 0);
  ASSERT_EQ(pthread_attr_init(&huge), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&huge, size_t{1} << 47), 0);
  ASSERT_EQ(pthread_setattr_default_np(&huge), 0);
  EXPECT_THROW(StartQuietThread([] {}), std::system_error);
  ASSERT_EQ(pthread_setattr_default_np(&before), 0);
  EXPECT_FALSE(IsBlocked(SIGTERM));
  pthread_attr_destroy(&huge);
  pthread_attr_destroy(&before);
}

}  // namespace
}  // namespace mailverdict

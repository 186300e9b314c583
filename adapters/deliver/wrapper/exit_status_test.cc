#include "adapters/deliver/wrapper/exit_status.h"

#include <errno.h>
#include <signal.h>

#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mailverdict::deliver {
namespace {

using ::testing::HasSubstr;

using How = Ending::How;

StatusLists Lists(const std::set<int>& pass, const std::set<int>& defer) {
  StatusLists lists;
  for (const int status : pass) lists.pass.set(static_cast<size_t>(status));
  for (const int status : defer) lists.defer.set(static_cast<size_t>(status));
  return lists;
}

// Written from the rule, not from the code: what may leave as it came.
std::set<int> Leaves(const std::set<int>& pass, const std::set<int>& defer) {
  std::set<int> leaves = {67, 77};
  for (const int status : pass) {
    if (status < 126) leaves.insert(status);
  }
  for (const int status : defer) leaves.erase(status);
  leaves.insert(0);
  leaves.insert(75);
  return leaves;
}

std::set<int> Every() {
  std::set<int> all;
  for (int status = 0; status < 256; ++status) all.insert(status);
  return all;
}

TEST(ExitStatus, OfEveryProgramIsOneThatMayLeaveOr75) {
  const std::set<int> none, some = {1, 65, 67, 69, 77, 125, 126, 127, 139, 255};
  for (const std::set<int>& pass : {none, some, Every()}) {
    for (const std::set<int>& defer : {none, some, Every()}) {
      const std::set<int> leaves = Leaves(pass, defer);
      for (int status = 0; status < 256; ++status) {
        EXPECT_EQ(ExitStatusFor({How::kExited, status}, Lists(pass, defer)),
                  leaves.count(status) ? status : 75)
            << status << " with " << pass.size() << " passed and "
            << defer.size() << " deferred";
      }
    }
  }
}

TEST(ExitStatus, ThatSaysUnknownIs67) {
  StatusLists lists;
  lists.unknown.set();
  lists.defer.set(70);
  for (int status = 0; status < 256; ++status) {
    const bool own = status == 0 || status == 75 || status == 77;
    const bool soft = status == 70 || status > 125;
    EXPECT_EQ(ExitStatusFor({How::kExited, status}, lists), own    ? status
                                                            : soft ? 75
                                                                   : 67)
        << status;
  }
}

TEST(ExitStatus, ByDefaultOnlyFourLeave) {
  std::set<int> left;
  for (int status = 0; status < 256; ++status) {
    left.insert(ExitStatusFor({How::kExited, status}, {}));
  }
  EXPECT_EQ(left, (std::set<int>{0, 67, 75, 77}));
}

TEST(ExitStatus, OfEverySignalAndErrorIs75WhateverIsPassed) {
  for (const StatusLists& lists : {StatusLists(), Lists(Every(), {})}) {
    for (int number = 0; number < 256; ++number) {
      for (const How how :
           {How::kSignalled, How::kNotStarted, How::kTimedOut, How::kStopped}) {
        EXPECT_EQ(ExitStatusFor({how, number}, lists), 75) << number;
      }
    }
  }
}

TEST(ExitStatus, ThatIsNoneIs75) {
  EXPECT_EQ(ExitStatusFor({How::kExited, -1}, {}), 75);
  EXPECT_EQ(ExitStatusFor({How::kExited, 256}, Lists(Every(), {})), 75);
}

TEST(ExitStatus, IsDescribedByNumberAndName) {
  EXPECT_EQ(Describe({How::kExited, 68}), "exit status 68 (EX_NOHOST)");
  EXPECT_EQ(Describe({How::kExited, 64}), "exit status 64 (EX_USAGE)");
  EXPECT_EQ(Describe({How::kExited, 67}), "exit status 67 (EX_NOUSER)");
  EXPECT_EQ(Describe({How::kExited, 75}), "exit status 75 (EX_TEMPFAIL)");
  EXPECT_EQ(Describe({How::kExited, 77}), "exit status 77 (EX_NOPERM)");
  EXPECT_EQ(Describe({How::kExited, 78}), "exit status 78 (EX_CONFIG)");
  EXPECT_EQ(Describe({How::kExited, 63}), "exit status 63");
  EXPECT_EQ(Describe({How::kExited, 79}), "exit status 79");
  EXPECT_EQ(Describe({How::kSignalled, SIGSEGV}),
            "death by signal 11 (SIGSEGV)");
  EXPECT_EQ(Describe({How::kSignalled, 40}), "death by signal 40");
  EXPECT_EQ(Describe({How::kTimedOut, 0}), "timeout");
  EXPECT_EQ(Describe({How::kStopped, SIGTERM}),
            "end after our signal 15 (SIGTERM)");
  EXPECT_EQ(Describe({How::kNotStarted, ENOENT}),
            "failure to start (ENOENT: No such file or directory)");
  EXPECT_THAT(Describe({How::kNotStarted, 9999}), HasSubstr("unknown error"));
}

}  // namespace
}  // namespace mailverdict::deliver

// When BindAccount allows an attempt to bind. Time is virtual.

#include "lib/ldap/bind_account.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>
#include <vector>

namespace mailverdict {
namespace {

constexpr char kOne[] = "ldap://one", kTwo[] = "ldap://two",
               kThree[] = "ldap://three";

class BindAccountTest : public testing::Test {
 protected:
  // Makes an attempt if it is allowed.
  bool Try(const char* uri, bool right) {
    if (!account.MayBind(uri, password, now).ok()) return false;
    auto attempt = account.BeginAttempt(uri, password, now);
    if (!attempt.ok()) return false;
    right ? attempt->Accepted() : attempt->Refused("wrong password");
    return true;
  }
  bool May(const char* uri) { return account.MayBind(uri, password, now).ok(); }
  void Pass(absl::Duration time) { now += time; }
  // Tries every server each second, as the workers do. Returns the number of
  // attempts that were allowed.
  int AttemptsWithin(absl::Duration time, const std::vector<const char*>& all,
                     bool right) {
    int attempts = 0;
    for (const absl::Time end = now + time; now < end;
         now += absl::Seconds(1)) {
      for (const char* uri : all) attempts += Try(uri, right) ? 1 : 0;
    }
    return attempts;
  }

  BindAccount account;
  std::string password = "old";
  absl::Time now = absl::FromUnixSeconds(1'800'000'000);
};

TEST_F(BindAccountTest, ARefusedPasswordIsTriedEverMoreRarely) {
  EXPECT_TRUE(Try(kOne, false));
  std::vector<int64_t> after;
  const absl::Time begun = now;
  while (now < begun + absl::Hours(1)) {
    now += absl::Seconds(1);
    if (Try(kOne, false)) after.push_back(absl::ToInt64Seconds(now - begun));
  }
  // Waits of 30 s, 1, 2, 4, 8, 10, 10... minutes, and kRefuserExtraWait after
  // each.
  EXPECT_EQ(after, (std::vector<int64_t>{33, 96, 219, 462, 945, 1548, 2151,
                                         2754, 3357}));
}

TEST_F(BindAccountTest, AnOperatorMayHaveItTriedAtOnce) {
  EXPECT_TRUE(Try(kOne, false));
  EXPECT_FALSE(May(kOne));
  EXPECT_FALSE(May(kTwo));
  account.ForgetRefusals();
  EXPECT_TRUE(May(kTwo));
  EXPECT_TRUE(Try(kOne, false));
  // The waits also begin anew.
  Pass(BindAccount::kFirstWait + BindAccount::kRefuserExtraWait);
  EXPECT_TRUE(May(kOne));
}

TEST_F(BindAccountTest, ServersShareTheAttempts) {
  EXPECT_EQ(AttemptsWithin(absl::Seconds(30), {kOne, kTwo, kThree}, false), 1);
  EXPECT_EQ(AttemptsWithin(absl::Seconds(60), {kOne, kTwo, kThree}, false), 1);
  EXPECT_EQ(AttemptsWithin(absl::Seconds(120), {kOne, kTwo, kThree}, false), 1);
}

TEST_F(BindAccountTest, AnotherPasswordIsTriedAtOnceByAll) {
  EXPECT_TRUE(Try(kOne, false));
  EXPECT_FALSE(May(kOne));
  EXPECT_FALSE(May(kTwo));
  password = "new";
  EXPECT_TRUE(May(kTwo));
  EXPECT_TRUE(Try(kOne, true));
  EXPECT_TRUE(Try(kTwo, true));
  // A new password that is wrong begins with the first wait again.
  password = "newer";
  EXPECT_TRUE(Try(kOne, false));
  Pass(BindAccount::kFirstWait);
  EXPECT_TRUE(May(kTwo));
}

TEST_F(BindAccountTest, AfterAnAcceptanceTheWaitBeginsAnew) {
  for (const int wait : {30, 60}) {
    EXPECT_TRUE(Try(kOne, false));
    Pass(absl::Seconds(wait) + BindAccount::kRefuserExtraWait);
  }
  EXPECT_TRUE(Try(kOne, true));
  EXPECT_TRUE(Try(kOne, false));
  Pass(BindAccount::kFirstWait + BindAccount::kRefuserExtraWait);
  EXPECT_TRUE(May(kOne));
}

// Otherwise a server could be kept away for ever by another one that is behind.
TEST_F(BindAccountTest, AnOutcomeCountsForTheCredentialsOfItsAttemptOnly) {
  for (const bool right : {false, true}) {
    password = "old";
    {
      auto late = account.BeginAttempt(kOne, password, now);
      ASSERT_TRUE(late.ok());
      password = right ? "new" : "newer";
      EXPECT_TRUE(May(kTwo));
      right ? late->Accepted() : late->Refused("wrong password");
    }
    EXPECT_TRUE(May(kTwo)) << "the old password was refused, not this one";
    EXPECT_TRUE(Try(kTwo, false));
    EXPECT_FALSE(May(kThree)) << "the old password was accepted, not this one";
  }
}

TEST_F(BindAccountTest, AfterARefusalAnotherServerHasTheNextAttempt) {
  EXPECT_TRUE(Try(kOne, false));
  Pass(BindAccount::kFirstWait);
  EXPECT_FALSE(May(kOne));
  EXPECT_TRUE(May(kTwo));
  // If the other server cannot be reached, the first is tried again after
  // kRefuserExtraWait.
  Pass(BindAccount::kRefuserExtraWait);
  EXPECT_TRUE(Try(kOne, false));
}

TEST_F(BindAccountTest, AServerThatIsBehindKeepsNoOtherAway) {
  EXPECT_TRUE(Try(kTwo, true));
  EXPECT_TRUE(Try(kThree, true));
  EXPECT_TRUE(Try(kOne, false));
  // The account may be at fault, so the others wait for the first wait, but no
  // longer.
  EXPECT_FALSE(May(kTwo));
  Pass(BindAccount::kFirstWait);
  EXPECT_TRUE(Try(kTwo, true));
  EXPECT_TRUE(May(kThree));
  // The password is right, so the first server is tried at once. After that its
  // refusals concern itself only.
  for (int i = 0; i < 20; ++i) {
    AttemptsWithin(absl::Minutes(11), {kOne}, false);
    EXPECT_TRUE(Try(kTwo, true));
    EXPECT_TRUE(Try(kThree, true));
  }
  EXPECT_LE(AttemptsWithin(absl::Hours(1), {kOne}, false), 7);
}

TEST_F(BindAccountTest, WhenTheAccountIsWellAllTryAtOnce) {
  AttemptsWithin(absl::Hours(1), {kOne, kTwo, kThree}, false);
  EXPECT_GT(AttemptsWithin(absl::Minutes(11), {kOne, kTwo, kThree}, true), 3);
  EXPECT_TRUE(May(kOne) && May(kTwo) && May(kThree));
}

TEST_F(BindAccountTest, AnAttemptWithoutAnAnswerCountsForNothing) {
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(account.BeginAttempt(kOne, password, now).ok());
  }
  EXPECT_TRUE(May(kOne));
}

TEST_F(BindAccountTest, TheReasonNamesWhoRefusedAndWhenIsNext) {
  EXPECT_TRUE(Try(kOne, false));
  Pass(absl::Seconds(10));
  EXPECT_EQ(account.MayBind(kOne, password, now).message(),
            "wrong password; the next attempt is in 23s");
  EXPECT_EQ(account.MayBind(kTwo, password, now).message(),
            "not bound to, since ldap://one refused the same account: wrong "
            "password; the next attempt is in 20s");
}

// Three threads at once, as at a start: there is one attempt, and all get its
// outcome.
TEST_F(BindAccountTest, WhoComesMeanwhileWaitsForTheOutcome) {
  auto first = account.BeginAttempt(kOne, password, now);
  ASSERT_TRUE(first.ok());
  std::promise<absl::Status> second;
  std::thread other([&] {
    second.set_value(account.BeginAttempt(kTwo, password, now).status());
  });
  {
    auto attempt = *std::move(first);
    attempt.Refused("wrong password");
  }
  EXPECT_TRUE(absl::IsUnauthenticated(second.get_future().get()));
  other.join();
}

// A server that hangs in its bind delays the others only for kMaxAttemptWait.
TEST_F(BindAccountTest, NobodyWaitsForLongForOneThatHangs) {
  const auto first = account.BeginAttempt(kOne, password, now);
  EXPECT_TRUE(account.BeginAttempt(kTwo, password, now).ok());
}

}  // namespace
}  // namespace mailverdict

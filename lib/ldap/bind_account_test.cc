// When the servers of a directory may be bound to, by virtual time.

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
  // An attempt, if there may be one.
  bool Try(const char* uri, bool right) {
    if (!account.MayBind(uri, password, now).ok()) return false;
    auto attempt = account.BeginAttempt(uri, password, now);
    if (!attempt.ok()) return false;
    right ? attempt->Accepted() : attempt->Refused("wrong password");
    return true;
  }
  bool May(const char* uri) { return account.MayBind(uri, password, now).ok(); }
  void Pass(absl::Duration time) { now += time; }
  // Each server that may, each second, as they do: how many attempts there are.
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
  // 30 s, a minute, two, four, eight, ten, ten...; kYield each for others.
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
  // The waits begin anew, too.
  Pass(BindAccount::kFirstWait + BindAccount::kYield);
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
  // A wrong one begins with the first wait again.
  password = "newer";
  EXPECT_TRUE(Try(kOne, false));
  Pass(BindAccount::kFirstWait);
  EXPECT_TRUE(May(kTwo));
}

TEST_F(BindAccountTest, AfterAnAcceptanceTheWaitBeginsAnew) {
  for (const int wait : {30, 60}) {
    EXPECT_TRUE(Try(kOne, false));
    Pass(absl::Seconds(wait) + BindAccount::kYield);
  }
  EXPECT_TRUE(Try(kOne, true));
  EXPECT_TRUE(Try(kOne, false));
  Pass(BindAccount::kFirstWait + BindAccount::kYield);
  EXPECT_TRUE(May(kOne));
}

// Else one whose peer is behind for ever would never be tried.
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
  // Unless it cannot be reached.
  Pass(BindAccount::kYield);
  EXPECT_TRUE(Try(kOne, false));
}

TEST_F(BindAccountTest, AServerThatIsBehindKeepsNoOtherAway) {
  EXPECT_TRUE(Try(kTwo, true));
  EXPECT_TRUE(Try(kThree, true));
  EXPECT_TRUE(Try(kOne, false));
  // It may be the account: the others wait a little, but no longer.
  EXPECT_FALSE(May(kTwo));
  Pass(BindAccount::kFirstWait);
  EXPECT_TRUE(Try(kTwo, true));
  EXPECT_TRUE(May(kThree));
  // The account is well, so the first is tried at once, and then alone.
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

// Three threads at once, as at a start: one attempt, of which all hear.
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

// A server that hangs in its bind keeps the others waiting for a moment only.
TEST_F(BindAccountTest, NobodyWaitsForLongForOneThatHangs) {
  const auto first = account.BeginAttempt(kOne, password, now);
  EXPECT_TRUE(account.BeginAttempt(kTwo, password, now).ok());
}

}  // namespace
}  // namespace mailverdict

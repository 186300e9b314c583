#include "lib/resolver/server_health.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/loop/manual_executor_testing.h"

namespace mailverdict {
namespace {

class ServerHealthTest : public testing::Test {
 protected:
  HealthHooks Hooks() {
    HealthHooks hooks;
    hooks.log = [this](const std::string& line) { log.push_back(line); };
    hooks.on_trouble = [this] { ++troubles; };
    hooks.on_healed = [this] { ++healed; };
    return hooks;
  }
  void Report(const std::string& trouble) {
    health.Report(trouble);
    loop.RunReady();
  }

  ManualExecutor loop;
  std::vector<std::string> log;
  int troubles = 0, healed = 0;
  ServerHealth health{"directory people", "others are asked",
                      "ldap://192.0.2.1", &loop, Hooks()};
};

TEST_F(ServerHealthTest, AServerThatWasNeverAskedIsNeitherWellNorFailing) {
  EXPECT_FALSE(health.failing());
  EXPECT_EQ(health.state().since, absl::InfinitePast());
  EXPECT_EQ(health.state().uri, "ldap://192.0.2.1");
}

TEST_F(ServerHealthTest, FollowsTheReports) {
  Report("");
  const absl::Time well = loop.Now();
  EXPECT_EQ(health.state().since, well);
  EXPECT_EQ(troubles + healed, 0);
  loop.Advance(absl::Seconds(10));
  Report("a control is missing");
  EXPECT_TRUE(health.state().failing);
  EXPECT_EQ(health.state().why, "a control is missing");
  EXPECT_EQ(health.state().since, well + absl::Seconds(10));
  loop.Advance(absl::Seconds(10));
  Report("it is down");
  EXPECT_EQ(health.state().why, "it is down");
  EXPECT_EQ(health.state().since, well + absl::Seconds(10));
  EXPECT_EQ(troubles, 2);
  Report("");
  EXPECT_FALSE(health.state().failing);
  EXPECT_EQ(health.state().why, "");
  EXPECT_EQ(healed, 1);
  EXPECT_EQ(log.size(), 2u);
}

// Its answers are good, and those before are as good.
TEST_F(ServerHealthTest, AServerThatIsSlowIsFailingAndStaysBelieved) {
  Report("");
  health.ReportSlow("too slow");
  loop.RunReady();
  EXPECT_TRUE(health.state().failing);
  EXPECT_EQ(health.state().why, "too slow");
  EXPECT_EQ(log.size(), 1u);
  EXPECT_EQ(troubles, 0);
  Report("");
  EXPECT_FALSE(health.state().failing);
  EXPECT_EQ(healed, 1);
}

TEST_F(ServerHealthTest, TheStateOfAServerThatFlapsSaysSo) {
  for (int i = 0; i < 100; ++i) {
    Report("it closes");
    loop.Advance(absl::Milliseconds(300));
    Report("");
    loop.Advance(absl::Milliseconds(300));
  }
  EXPECT_FALSE(health.state().failing);
  EXPECT_TRUE(health.unsteady());
  EXPECT_EQ(health.state().why, "unsteady, it failed 100 times within 59s");
  EXPECT_EQ(log.size(), 5u);
  EXPECT_EQ(troubles, 100);
  loop.Advance(absl::Minutes(6));
  Report("");
  EXPECT_FALSE(health.unsteady());
  EXPECT_EQ(health.state().why, "");
  EXPECT_EQ(log.size(), 6u);
}

// The loop may still have a task of a server that has gone.
TEST_F(ServerHealthTest, ItsTasksOutliveIt) {
  {
    ServerHealth other("directory people", "others are asked", "ldap://x",
                       &loop, Hooks());
    other.Report("it is down");
  }
  loop.RunReady();
  EXPECT_EQ(log.size(), 1u);
  EXPECT_EQ(troubles, 1);
}

}  // namespace
}  // namespace mailverdict

#include "lib/loop/health_log.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace mailverdict {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

TEST(HealthLogTest, SaysNothingOfAServiceThatIsWell) {
  HealthLog health("directory people", "others are asked");
  EXPECT_FALSE(health.failing());
  EXPECT_EQ(health.Healed(kStart), std::nullopt);
}

TEST(HealthLogTest, SaysOneLineWhenTheServiceFails) {
  HealthLog health("directory people", "others are asked");
  const auto line = health.Failed("cannot connect", kStart);
  ASSERT_TRUE(line.has_value());
  EXPECT_EQ(line->find("directory people FAILS: cannot connect"), 0u) << *line;
  EXPECT_TRUE(health.failing());
  for (int s = 0; s < 300; ++s) {
    EXPECT_EQ(health.Failed("cannot connect", kStart + absl::Seconds(s)),
              std::nullopt);
  }
}

TEST(HealthLogTest, SaysOneLineEveryFiveMinutesWhileItLasts) {
  HealthLog health("directory people", "others are asked");
  int lines = 0;
  for (int s = 0; s <= 3600; ++s) {
    if (health.Failed("cannot connect", kStart + absl::Seconds(s))) ++lines;
  }
  EXPECT_EQ(lines, 13);  // the first, and twelve in the hour
}

TEST(HealthLogTest, ALaterLineSaysSinceWhenAndWhy) {
  HealthLog health("directory people", "others are asked");
  health.Failed("cannot connect", kStart);
  const auto line =
      health.Failed("control is missing", kStart + absl::Minutes(5));
  ASSERT_TRUE(line.has_value());
  EXPECT_NE(line->find("control is missing"), std::string::npos) << *line;
  EXPECT_NE(line->find("since 5m"), std::string::npos) << *line;
}

TEST(HealthLogTest, SaysOneLineWhenTheServiceHeals) {
  HealthLog health("directory people", "others are asked");
  health.Failed("cannot connect", kStart);
  const auto line = health.Healed(kStart + absl::Seconds(90));
  EXPECT_EQ(line, "directory people is well again, after 1m30s");
  EXPECT_EQ(health.Healed(kStart + absl::Seconds(91)), std::nullopt);
}

TEST(HealthLogTest, ASecondFailureIsSaidAtOnce) {
  HealthLog health("directory people", "others are asked");
  health.Failed("cannot connect", kStart);
  health.Healed(kStart + absl::Seconds(1));
  const auto line = health.Failed("cannot connect", kStart + absl::Seconds(2));
  ASSERT_TRUE(line.has_value());
  EXPECT_EQ(line->find("since"), std::string::npos) << *line;
}

// A server that accepts connections and closes them fails and recovers each
// second.
TEST(HealthLogTest,
     AServiceThatFlapsIsCalledUnsteadyAndCostsALineInFiveMinutes) {
  HealthLog health("directory people", "others are asked");
  std::vector<std::string> lines;
  const auto add = [&](const std::optional<std::string>& line) {
    if (line.has_value()) lines.push_back(*line);
  };
  for (int s = 0; s < 3600; ++s) {
    add(health.Failed("it closes", kStart + absl::Seconds(s)));
    add(health.Healed(kStart + absl::Seconds(s) + absl::Milliseconds(500)));
  }
  // Two failures are logged at once, the third makes the service unsteady, and
  // then there is a line every five minutes.
  ASSERT_EQ(lines.size(), 4u + 12u);
  EXPECT_EQ(lines[0], "directory people FAILS: it closes; others are asked");
  EXPECT_EQ(lines[1], "directory people is well again, after 500ms");
  EXPECT_EQ(lines[4],
            "directory people is UNSTEADY: it failed 3 times within 2s, the "
            "last time because of: it closes; when it fails, others are asked; "
            "a line every 5m until it is steady again");
  EXPECT_NE(lines[5].find("it failed 303 times within 5m2s"), std::string::npos)
      << lines[5];
  EXPECT_EQ(health.Unsteadiness(kStart + absl::Hours(1)),
            "unsteady, it failed 3600 times within 1h");
}

class UnsteadyHealth : public testing::Test {
 protected:
  UnsteadyHealth() {
    for (size_t i = 0; i < HealthLog::kFlaps; ++i) {
      now += absl::Seconds(1);
      health.Failed("it closes", now);
      now += absl::Seconds(1);
      health.Healed(now);
    }
  }
  HealthLog health{"directory people", "others are asked"};
  absl::Time now = kStart;  // it heals
};

TEST_F(UnsteadyHealth, IsSteadyAgainWhenItWasWellForFiveMinutes) {
  EXPECT_EQ(health.Healed(now + absl::Minutes(4)), std::nullopt);
  EXPECT_NE(health.Unsteadiness(now + absl::Minutes(4)), "");
  EXPECT_EQ(health.Healed(now + HealthLog::kSteady),
            "directory people is steady again: well for 5m, after 3 failures");
  EXPECT_EQ(health.Unsteadiness(now + HealthLog::kSteady), "");
  EXPECT_EQ(health.Healed(now + absl::Hours(1)), std::nullopt);
  // The next failure counts as the first.
  EXPECT_EQ(health.Failed("it closes", now + absl::Hours(1)),
            "directory people FAILS: it closes; others are asked");
}

TEST_F(UnsteadyHealth, AFailureBeginsItsFiveMinutesAnew) {
  EXPECT_EQ(health.Failed("it closes", now + absl::Minutes(4)), std::nullopt);
  health.Healed(now + absl::Minutes(4) + absl::Seconds(1));
  const auto line = health.Healed(now + absl::Minutes(6));
  ASSERT_TRUE(line.has_value());
  EXPECT_NE(line->find("is UNSTEADY: it failed 4 times"), std::string::npos)
      << *line;
}

TEST_F(UnsteadyHealth, OneThatFailsForGoodIsToldAsFailing) {
  std::vector<std::string> lines;
  const absl::Time begun = now + absl::Seconds(1);
  for (int s = 0; s <= 600; ++s) {
    const auto line = health.Failed("it is down", begun + absl::Seconds(s));
    if (line.has_value()) lines.push_back(*line);
  }
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_NE(lines[0].find("is UNSTEADY"), std::string::npos) << lines[0];
  EXPECT_EQ(lines[1],
            "directory people FAILS: it is down; others are asked, since 5m");
  EXPECT_EQ(lines[2],
            "directory people FAILS: it is down; others are asked, since 10m");
  EXPECT_EQ(health.Healed(begun + absl::Minutes(11)),
            "directory people is well again, after 11m");
}

// A DNS server whose names have no control is not asked without a reason, so
// there may be no report for an hour that it is well.
TEST_F(UnsteadyHealth, AFailureAfterALongTimeIsAFirstOne) {
  EXPECT_EQ(health.Failed("it closes", now + absl::Hours(1)),
            "directory people FAILS: it closes; others are asked");
}

TEST(HealthLogTest, FailuresThatAreFarApartDoNotMakeItUnsteady) {
  HealthLog health("directory people", "others are asked");
  for (int i = 0; i < 20; ++i) {
    const absl::Time now = kStart + i * absl::Minutes(3);
    EXPECT_TRUE(health.Failed("it closes", now).has_value());
    EXPECT_TRUE(health.Healed(now + absl::Seconds(1)).has_value());
  }
}

}  // namespace
}  // namespace mailverdict

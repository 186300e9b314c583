#include "lib/loop/health.h"

#include <gtest/gtest.h>

namespace mailverdict {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

TEST(Health, SaysNothingOfAServiceThatIsWell) {
  Health health("directory people", "others are asked");
  EXPECT_FALSE(health.failing());
  EXPECT_EQ(health.Healed(kStart), std::nullopt);
}

TEST(Health, SaysOneLineWhenTheServiceFails) {
  Health health("directory people", "others are asked");
  const auto line = health.Failed("cannot connect", kStart);
  ASSERT_TRUE(line.has_value());
  EXPECT_EQ(line->find("directory people FAILS: cannot connect"), 0u) << *line;
  EXPECT_TRUE(health.failing());
  for (int s = 0; s < 300; ++s) {
    EXPECT_EQ(health.Failed("cannot connect", kStart + absl::Seconds(s)),
              std::nullopt);
  }
}

TEST(Health, SaysOneLineEveryFiveMinutesWhileItLasts) {
  Health health("directory people", "others are asked");
  int lines = 0;
  for (int s = 0; s <= 3600; ++s) {
    if (health.Failed("cannot connect", kStart + absl::Seconds(s))) ++lines;
  }
  EXPECT_EQ(lines, 13);  // the first, and twelve in the hour
}

TEST(Health, ALaterLineSaysSinceWhenAndWhy) {
  Health health("directory people", "others are asked");
  health.Failed("cannot connect", kStart);
  const auto line =
      health.Failed("control is missing", kStart + absl::Minutes(5));
  ASSERT_TRUE(line.has_value());
  EXPECT_NE(line->find("control is missing"), std::string::npos) << *line;
  EXPECT_NE(line->find("since 5m"), std::string::npos) << *line;
}

TEST(Health, SaysOneLineWhenTheServiceHeals) {
  Health health("directory people", "others are asked");
  health.Failed("cannot connect", kStart);
  const auto line = health.Healed(kStart + absl::Seconds(90));
  EXPECT_EQ(line, "directory people is well again, after 1m30s");
  EXPECT_EQ(health.Healed(kStart + absl::Seconds(91)), std::nullopt);
}

TEST(Health, ASecondFailureIsSaidAtOnce) {
  Health health("directory people", "others are asked");
  health.Failed("cannot connect", kStart);
  health.Healed(kStart + absl::Seconds(1));
  const auto line = health.Failed("cannot connect", kStart + absl::Seconds(2));
  ASSERT_TRUE(line.has_value());
  EXPECT_EQ(line->find("since"), std::string::npos) << *line;
}

}  // namespace
}  // namespace mailverdict

#include "lib/history/store_health.h"

#include <gtest/gtest.h>

namespace mailverdict {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

TEST(StoreHealth, OneLineAtFirstThenOneEveryFiveMinutes) {
  StoreHealth health("history f");
  EXPECT_EQ(health.Failed("disk full", 0, kNow),
            "history f FAILS: disk full; 0 writes dropped; what it holds is "
            "still read");
  EXPECT_EQ(health.Failed("disk full", 7, kNow + absl::Seconds(299)),
            std::nullopt);
  EXPECT_EQ(health.Failed("I/O error", 9, kNow + absl::Seconds(300)),
            "history f FAILS: I/O error; 9 writes dropped; what it holds is "
            "still read, since 5m");
  EXPECT_EQ(health.Failed("I/O error", 9, kNow + absl::Seconds(301)),
            std::nullopt);
}

TEST(StoreHealth, OneLineWhenItHeals) {
  StoreHealth health("history f");
  EXPECT_EQ(health.Healed(0, kNow), std::nullopt);
  health.Failed("disk full", 3, kNow);
  EXPECT_EQ(health.Healed(5, kNow + absl::Seconds(61)),
            "history f is well again, after 1m1s; 2 writes dropped");
  EXPECT_EQ(health.Healed(5, kNow + absl::Seconds(62)), std::nullopt);
  // The next failure counts its own losses.
  EXPECT_EQ(health.Failed("disk full", 5, kNow + absl::Seconds(63)),
            "history f FAILS: disk full; 0 writes dropped; what it holds is "
            "still read");
  EXPECT_EQ(health.Healed(6, kNow + absl::Seconds(64)),
            "history f is well again, after 1s; 1 writes dropped");
}

}  // namespace
}  // namespace mailverdict

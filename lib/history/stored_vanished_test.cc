// The records of vanished mailboxes, on each kind of Store.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/core/vanished.h"
#include "lib/history/history_testing.h"

namespace mailverdict {
namespace {

INSTANTIATE_TEST_SUITE_P(All, HistoryTest, testing::ValuesIn(kStoreKinds),
                         [](const auto& info) { return info.param.name; });

TEST_P(HistoryTest, KnowsWhenAddressesOfADirectoryVanished) {
  EXPECT_TRUE(VanishedFrom("people").empty());
  for (const char* who : {"joe", "jane", "jim"}) Write(Seen(who, kNow));
  EXPECT_TRUE(VanishedFrom("people").empty());
  const absl::Time later = kNow + absl::Hours(2);
  Write(Missed("joe", later));
  Write(Missed("nobody", later));
  Write(Missed("jim", later + absl::Seconds(5)));
  EXPECT_EQ(VanishedFrom("people"),
            (std::vector<absl::Time>{later, later + absl::Seconds(5)}));
  EXPECT_TRUE(VanishedFrom("guests").empty());
}

TEST_P(HistoryTest, EachVanishesOnceAndWithItsFirstTime) {
  Write(Seen("joe", kNow));
  for (int hours : {1, 2, 30, 60}) {
    Write(Missed("joe", kNow + absl::Hours(hours)));
  }
  EXPECT_EQ(VanishedFrom("people"),
            (std::vector<absl::Time>{kNow + absl::Hours(1)}));
}

TEST_P(HistoryTest, WhoIsPresentOrGoneHasNotVanished) {
  for (const char* who : {"joe", "jane", "jim"}) {
    Write(Seen(who, kNow));
    Write(Missed(who, kNow + absl::Hours(2)));
  }
  EXPECT_EQ(VanishedFrom("people").size(), 3u);
  Write(Seen("joe", kNow + absl::Hours(3)));
  EXPECT_EQ(VanishedFrom("people").size(), 2u);
  Write(Gone("jane", kNow + absl::Hours(90)));
  EXPECT_EQ(VanishedFrom("people").size(), 1u);
  Write(Seen("jim", kNow + absl::Hours(91)));
  EXPECT_TRUE(VanishedFrom("people").empty());
  EXPECT_EQ(size(), 2u);
}

TEST_P(HistoryTest, DirectoriesAreTheirOwn) {
  const Observation guest{Observation::Kind::kPresent,
                          {HistoryLookup::Kind::kMailboxSeen, "guests:a:b@x"},
                          kNow};
  Write(guest);
  Write(Seen("joe", kNow));
  Write({Observation::Kind::kMissed, guest.about, kNow + absl::Hours(1)});
  EXPECT_EQ(VanishedFrom("guests").size(), 1u);
  EXPECT_TRUE(VanishedFrom("people").empty());
  EXPECT_TRUE(VanishedFrom("guests:a").empty());
}

TEST_P(HistoryTest, ReleasedTheyDoNotCountUntilTheyAreSeenAgain) {
  for (const char* who : {"joe", "jane"}) {
    Write(Seen(who, kNow));
    Write(Missed(who, kNow + absl::Hours(2)));
  }
  ASSERT_TRUE(history_->ReleaseHold("guests").ok());
  EXPECT_EQ(VanishedFrom("people").size(), 2u);
  ASSERT_TRUE(history_->ReleaseHold("people").ok());
  EXPECT_TRUE(VanishedFrom("people").empty());
  Write(Missed("joe", kNow + absl::Hours(3)));
  Write(Missed("joe", kNow + absl::Hours(40)));
  EXPECT_TRUE(VanishedFrom("people").empty());
  EXPECT_EQ(Read("joe")->vanished, kNow + absl::Hours(40));
  Write(Seen("jane", kNow + absl::Hours(41)));
  Write(Missed("jane", kNow + absl::Hours(42)));
  EXPECT_EQ(VanishedFrom("people"),
            (std::vector<absl::Time>{kNow + absl::Hours(42)}));
}

TEST_P(HistoryTest, OfTheVanishedTheLatestAreKept) {
  const int all = Vanished::kMax + 6;
  for (int i = 0; i < all; ++i) Write(Seen(absl::StrCat(i), kNow));
  for (int i = all - 1; i >= 0; --i) {  // in any order
    Write(Missed(absl::StrCat(i), kNow + absl::Minutes(i)));
  }
  const std::vector<absl::Time> times = VanishedFrom("people");
  ASSERT_EQ(times.size(), Vanished::kMax);
  EXPECT_EQ(times.front(), kNow + absl::Minutes(6));
  EXPECT_EQ(times.back(), kNow + absl::Minutes(all - 1));
  Write(Seen("9", kNow + absl::Hours(9)));
  EXPECT_EQ(VanishedFrom("people").size(), Vanished::kMax - 1);
}

TEST_P(HistoryTest, WhoseMemoryWasLostIsStillTakenOut) {
  Open(8);
  Write(Seen("joe", kNow));
  Write(Missed("joe", kNow + absl::Hours(1)));
  for (int i = 0; i < 8; ++i) {
    Write(Seen(absl::StrCat(i), kNow));
    Write(Seen(absl::StrCat("again", i), kNow));
    Write(Missed(absl::StrCat(i), kNow + absl::Hours(1)));
  }
  ASSERT_FALSE(Read("joe").has_value());  // forgotten
  const size_t before = VanishedFrom("people").size();
  ASSERT_GT(before, 0u);
  const absl::Time first = VanishedFrom("people")[0];
  Write(Seen("joe", kNow + absl::Hours(2)));
  EXPECT_EQ(VanishedFrom("people").size(), before - 1) << first;
}

}  // namespace
}  // namespace mailverdict

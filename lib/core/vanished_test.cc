#include "lib/core/vanished.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace mailverdict {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'800'000'000);
const HistoryLookup kPeople{HistoryLookup::Kind::kVanished, "people"};

std::vector<absl::Time> Minutes(const std::vector<int>& minutes) {
  std::vector<absl::Time> times;
  for (int minute : minutes) times.push_back(kNoon + absl::Minutes(minute));
  return times;
}

TEST(Vanished, GoesThroughAnAnswerAndBack) {
  const Vanished vanished{Minutes({0, 5, 700})};
  EXPECT_EQ(vanished.ToValues()[0], "2027-01-15T08:00:00Z");
  const auto back =
      Vanished::From(Answer(Report::Present(kPeople, vanished.ToValues())));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->times, vanished.times);
}

TEST(Vanished, IsNotReadFromAnythingElse) {
  for (const Report& report :
       {Report::Absent(kPeople), Report::Unknown(kPeople, "disk full"),
        Report::Present(kPeople, {}), Report::Present(kPeople, {"uid=joe"}),
        Report::Present(kPeople, {"2027-01-15T08:00:00Z", "2027-01-15"})}) {
    EXPECT_FALSE(Vanished::From(Answer(report)).has_value());
  }
}

TEST(Vanished, ALookupForItIsNotOneForAMailbox) {
  const HistoryLookup mailbox{HistoryLookup::Kind::kMailboxSeen, "people"};
  EXPECT_FALSE(kPeople == mailbox);
  EXPECT_EQ(ToString(Lookup(kPeople)), "vanished from people");
  EXPECT_EQ(ToString(Lookup(mailbox)), "history people");
}

TEST(TooManyVanished, MoreThanTheCountWithinTheSpan) {
  const absl::Duration ten = absl::Minutes(10);
  EXPECT_FALSE(TooManyVanished(Minutes({0, 5, 10}), 3, ten));
  EXPECT_TRUE(TooManyVanished(Minutes({0, 3, 5, 10}), 3, ten));
  EXPECT_FALSE(TooManyVanished(Minutes({0, 3, 5, 11}), 3, ten));
}

TEST(TooManyVanished, AnySpanCounts) {
  const absl::Duration ten = absl::Minutes(10);
  EXPECT_TRUE(TooManyVanished(Minutes({0, 60, 61, 62, 500}), 2, ten));
  EXPECT_TRUE(TooManyVanished(Minutes({0, 60, 500, 501, 510}), 2, ten));
  EXPECT_FALSE(TooManyVanished(Minutes({0, 60, 120, 180, 240}), 2, ten));
}

TEST(TooManyVanished, TheOrderDoesNotMatter) {
  std::vector<int> minutes = {0, 4, 8, 30};
  do {
    EXPECT_TRUE(TooManyVanished(Minutes(minutes), 2, absl::Minutes(8)));
    EXPECT_FALSE(TooManyVanished(Minutes(minutes), 2, absl::Minutes(7)));
  } while (std::next_permutation(minutes.begin(), minutes.end()));
}

TEST(TooManyVanished, TheEndsOfTheRange) {
  EXPECT_FALSE(TooManyVanished({}, 0, absl::Hours(1)));
  EXPECT_FALSE(TooManyVanished({}, -1, absl::Hours(1)));
  EXPECT_TRUE(TooManyVanished({kNoon}, 0, absl::ZeroDuration()));
  EXPECT_TRUE(TooManyVanished({kNoon}, -1, absl::ZeroDuration()));
  EXPECT_FALSE(TooManyVanished({kNoon}, 1, absl::InfiniteDuration()));
  EXPECT_TRUE(TooManyVanished({kNoon, kNoon}, 1, absl::ZeroDuration()));
  const std::vector<absl::Time> all(Vanished::kMax, kNoon);
  EXPECT_TRUE(TooManyVanished(all, Vanished::kMax - 1, absl::ZeroDuration()));
  EXPECT_FALSE(TooManyVanished(all, Vanished::kMax, absl::Hours(1)));
}

}  // namespace
}  // namespace mailverdict

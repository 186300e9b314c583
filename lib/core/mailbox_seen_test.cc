#include "lib/core/mailbox_seen.h"

#include <gtest/gtest.h>

#include <string>

namespace mailverdict {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'800'000'000);
const HistoryLookup kJoe{HistoryLookup::Kind::kMailboxSeen, "people:joe@x"};

TEST(MailboxSeen, GoesThroughAnAnswerAndBack) {
  for (const MailboxSeen& seen :
       {MailboxSeen{kNoon},
        MailboxSeen{kNoon, kNoon + absl::Hours(1), kNoon + absl::Hours(2)}}) {
    const auto back =
        MailboxSeen::From(Answer(Report::Present(kJoe, seen.ToValues())));
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(back->last_seen, seen.last_seen);
    EXPECT_EQ(back->vanished, seen.vanished);
    EXPECT_EQ(back->last_missed, seen.last_missed);
  }
  EXPECT_EQ(MailboxSeen{kNoon}.ToValues()[0], "last seen 2027-01-15T08:00:00Z");
}

TEST(MailboxSeen, IsNotReadFromAnythingElse) {
  const std::string seen = "last seen 2027-01-15T08:00:00Z";
  for (const Report& report :
       {Report::Absent(kJoe), Report::Unknown(kJoe, "disk full"),
        Report::Present(kJoe, {}), Report::Present(kJoe, {"uid=joe"}),
        Report::Present(kJoe, {seen, "vanished 2027-01-15T08:00:00Z"}),
        Report::Present(kJoe, {seen, "vanished", "last missed"})}) {
    EXPECT_FALSE(MailboxSeen::From(Answer(report)).has_value());
  }
}

TEST(MailboxSeen, ARunOfAbsencesEndsAtAGap) {
  EXPECT_EQ(MailboxSeen{kNoon}.MissingSince(kNoon), kNoon);
  const MailboxSeen seen{kNoon, kNoon + absl::Hours(1), kNoon + absl::Hours(9)};
  EXPECT_EQ(seen.MissingSince(kNoon + absl::Hours(33)), seen.vanished);
  const absl::Time later = kNoon + absl::Hours(33) + absl::Seconds(1);
  EXPECT_EQ(seen.MissingSince(later), later);
  // A clock that stepped back makes no absence longer.
  EXPECT_EQ(seen.MissingSince(kNoon), kNoon);
}

}  // namespace
}  // namespace mailverdict

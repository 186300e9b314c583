#include "lib/core/mailbox_seen.h"

#include <gtest/gtest.h>

namespace mailverdict {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'800'000'000);
const HistoryLookup kJoe{HistoryLookup::Kind::kMailboxSeen, "people:joe@x"};

TEST(MailboxSeen, GoesThroughAnAnswerAndBack) {
  for (const absl::Time vanished :
       {absl::InfiniteFuture(), kNoon + absl::Hours(1)}) {
    const MailboxSeen seen{kNoon, vanished};
    const auto back =
        MailboxSeen::From(Answer(Report::Present(kJoe, seen.ToValues())));
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(back->last_seen, seen.last_seen);
    EXPECT_EQ(back->vanished, seen.vanished);
  }
  EXPECT_EQ(MailboxSeen{kNoon}.ToValues()[0], "last seen 2027-01-15T08:00:00Z");
}

TEST(MailboxSeen, IsNotReadFromAnythingElse) {
  for (const Report& report :
       {Report::Absent(kJoe), Report::Unknown(kJoe, "disk full"),
        Report::Present(kJoe, {}), Report::Present(kJoe, {"uid=joe"}),
        Report::Present(kJoe,
                        {"last seen 2027-01-15T08:00:00Z", "vanished"})}) {
    EXPECT_FALSE(MailboxSeen::From(Answer(report)).has_value());
  }
}

}  // namespace
}  // namespace mailverdict

#include "lib/history/memory_history.h"

#include <gtest/gtest.h>

#include "lib/core/mailbox_seen.h"

namespace mailverdict {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

HistoryLookup About(const std::string& who) {
  return {HistoryLookup::Kind::kMailboxSeen, "people:" + who};
}
Observation Seen(const std::string& who, absl::Time when) {
  return {Observation::Kind::kPresent, About(who), when};
}
Observation Missed(const std::string& who, absl::Time when) {
  return {Observation::Kind::kMissed, About(who), when};
}
std::optional<MailboxSeen> Read(MemoryHistory* history,
                                const std::string& who) {
  return MailboxSeen::From(Answer(history->Read(About(who))));
}

TEST(MemoryHistory, KnowsNobodyAtFirst) {
  MemoryHistory history;
  EXPECT_EQ(history.Read(About("joe")).state, AnswerState::kAbsent);
}

TEST(MemoryHistory, RemembersWhenAMailboxWasLastSeen) {
  MemoryHistory history;
  history.Write(Seen("joe", kNow));
  history.Write(Seen("joe", kNow + absl::Hours(1)));
  const auto joe = Read(&history, "joe");
  ASSERT_TRUE(joe.has_value());
  EXPECT_EQ(joe->last_seen, kNow + absl::Hours(1));
  EXPECT_EQ(joe->vanished, absl::InfiniteFuture());
  EXPECT_FALSE(Read(&history, "jane").has_value());
  EXPECT_EQ(history.size(), 1u);
}

TEST(MemoryHistory, TheFirstVanishingStands) {
  MemoryHistory history;
  history.Write(Seen("joe", kNow));
  history.Write(Missed("joe", kNow + absl::Hours(1)));
  history.Write(Missed("joe", kNow + absl::Hours(9)));
  const auto joe = Read(&history, "joe");
  ASSERT_TRUE(joe.has_value());
  EXPECT_EQ(joe->last_seen, kNow);
  EXPECT_EQ(joe->vanished, kNow + absl::Hours(1));
  EXPECT_EQ(joe->last_missed, kNow + absl::Hours(9));
}

TEST(MemoryHistory, AfterAGapItVanishesAnew) {
  MemoryHistory history;
  history.Write(Seen("joe", kNow));
  history.Write(Missed("joe", kNow + absl::Hours(1)));
  history.Write(Missed("joe", kNow + absl::Hours(26)));
  EXPECT_EQ(Read(&history, "joe")->vanished, kNow + absl::Hours(26));
}

TEST(MemoryHistory, WhoIsGoneIsForgotten) {
  MemoryHistory history(4);
  history.Write(Seen("joe", kNow));
  history.Write(Seen("jane", kNow));  // both are old now
  history.Write(Seen("jim", kNow));
  for (const char* who : {"joe", "jim"}) {
    history.Write({Observation::Kind::kGone, About(who), kNow});
    EXPECT_FALSE(Read(&history, who).has_value());
  }
  EXPECT_TRUE(Read(&history, "jane").has_value());
}

TEST(MemoryHistory, AMailboxThatComesBackHasNotVanished) {
  MemoryHistory history;
  history.Write(Seen("joe", kNow));
  history.Write(Missed("joe", kNow + absl::Hours(1)));
  history.Write(Seen("joe", kNow + absl::Hours(2)));
  EXPECT_EQ(Read(&history, "joe")->vanished, absl::InfiniteFuture());
  history.Write(Missed("joe", kNow + absl::Hours(3)));
  EXPECT_EQ(Read(&history, "joe")->vanished, kNow + absl::Hours(3));
}

TEST(MemoryHistory, NobodyVanishesWhoWasNeverSeen) {
  MemoryHistory history;
  history.Write(Missed("joe", kNow));
  EXPECT_EQ(history.size(), 0u);
  EXPECT_EQ(history.Read(About("joe")).state, AnswerState::kAbsent);
}

TEST(MemoryHistory, HoldsNoMoreThanItsMaximum) {
  MemoryHistory history(100);
  for (int i = 0; i < 1000; ++i) {
    history.Write(Seen("user" + std::to_string(i), kNow));
    ASSERT_LE(history.size(), 100u);
  }
  EXPECT_GE(history.size(), 50u);
}

TEST(MemoryHistory, ForgetsTheHalfThatWasWrittenLongestAgo) {
  MemoryHistory history(100);
  for (int i = 0; i < 100; ++i) {
    history.Write(Seen("user" + std::to_string(i), kNow));
  }
  // The hundredth filled the young half for the second time.
  EXPECT_EQ(history.size(), 50u);
  EXPECT_FALSE(Read(&history, "user49").has_value());
  EXPECT_TRUE(Read(&history, "user50").has_value());
  EXPECT_TRUE(Read(&history, "user99").has_value());
}

TEST(MemoryHistory, WhoIsSeenAgainStays) {
  MemoryHistory history(100);
  for (int i = 0; i < 1000; ++i) {
    history.Write(Seen("user" + std::to_string(i), kNow));
    if (i % 40 == 0) {
      history.Write(Seen("joe", kNow + absl::Seconds(i)));
    }
    EXPECT_TRUE(Read(&history, "joe").has_value()) << i;
  }
}

TEST(MemoryHistory, WhoVanishesWhileOldKeepsWhenItWasSeen) {
  MemoryHistory history(100);
  history.Write(Seen("joe", kNow));
  for (int i = 0; i < 60; ++i) {
    history.Write(Seen("user" + std::to_string(i), kNow));
  }
  history.Write(Missed("joe", kNow + absl::Hours(1)));
  const auto joe = Read(&history, "joe");
  ASSERT_TRUE(joe.has_value());
  EXPECT_EQ(joe->last_seen, kNow);
  EXPECT_EQ(joe->vanished, kNow + absl::Hours(1));
}

TEST(MemoryHistory, AMaximumOfNothingStillWorks) {
  MemoryHistory history(0);
  history.Write(Seen("joe", kNow));
  history.Write(Seen("jane", kNow));
  EXPECT_LE(history.size(), 1u);
}

}  // namespace
}  // namespace mailverdict

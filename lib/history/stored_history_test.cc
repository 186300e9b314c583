// The records of mailboxes, on each kind of Store.

#include "lib/history/stored_history.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "lib/history/history_testing.h"

namespace mailverdict {
namespace {

INSTANTIATE_TEST_SUITE_P(All, HistoryTest, testing::ValuesIn(kStoreKinds),
                         [](const auto& info) { return info.param.name; });

TEST_P(HistoryTest, KnowsNobodyAtFirst) {
  EXPECT_EQ(history_->Read(About("joe")).state, AnswerState::kAbsent);
}

TEST_P(HistoryTest, RemembersWhenAMailboxWasLastSeen) {
  Write(Seen("joe", kNow));
  Write(Seen("joe", kNow + absl::Hours(1)));
  const auto joe = Read("joe");
  ASSERT_TRUE(joe.has_value());
  EXPECT_EQ(joe->last_seen, kNow + absl::Hours(1));
  EXPECT_EQ(joe->vanished, absl::InfiniteFuture());
  EXPECT_FALSE(Read("jane").has_value());
  EXPECT_EQ(size(), 1u);
}

TEST_P(HistoryTest, TheFirstVanishingStands) {
  Write(Seen("joe", kNow));
  Write(Missed("joe", kNow + absl::Hours(1)));
  Write(Missed("joe", kNow + absl::Hours(9)));
  const auto joe = Read("joe");
  ASSERT_TRUE(joe.has_value());
  EXPECT_EQ(joe->last_seen, kNow);
  EXPECT_EQ(joe->vanished, kNow + absl::Hours(1));
  EXPECT_EQ(joe->last_missed, kNow + absl::Hours(9));
}

TEST_P(HistoryTest, AfterAGapItVanishesAnew) {
  Write(Seen("joe", kNow));
  Write(Missed("joe", kNow + absl::Hours(1)));
  Write(Missed("joe", kNow + absl::Hours(26)));
  EXPECT_EQ(Read("joe")->vanished, kNow + absl::Hours(26));
}

TEST_P(HistoryTest, WhoIsGoneIsForgotten) {
  Open(4);
  Write(Seen("joe", kNow));
  Write(Seen("jane", kNow));  // both are old now
  Write(Seen("jim", kNow));
  for (const char* who : {"joe", "jim"}) {
    Write({Observation::Kind::kGone, About(who), kNow});
    EXPECT_FALSE(Read(who).has_value());
  }
  EXPECT_TRUE(Read("jane").has_value());
}

TEST_P(HistoryTest, AMailboxThatComesBackHasNotVanished) {
  Write(Seen("joe", kNow));
  Write(Missed("joe", kNow + absl::Hours(1)));
  Write(Seen("joe", kNow + absl::Hours(2)));
  EXPECT_EQ(Read("joe")->vanished, absl::InfiniteFuture());
  Write(Missed("joe", kNow + absl::Hours(3)));
  EXPECT_EQ(Read("joe")->vanished, kNow + absl::Hours(3));
}

TEST_P(HistoryTest, NobodyVanishesWhoWasNeverSeen) {
  Write(Missed("joe", kNow));
  EXPECT_EQ(size(), 0u);
  EXPECT_EQ(history_->Read(About("joe")).state, AnswerState::kAbsent);
}

TEST_P(HistoryTest, HoldsNoMoreThanItsMaximum) {
  Open(100);
  for (int i = 0; i < 1000; ++i) {
    Write(Seen("user" + std::to_string(i), kNow));
    ASSERT_LE(size(), 100u);
  }
  EXPECT_GE(size(), 50u);
}

TEST_P(HistoryTest, ForgetsTheHalfThatWasWrittenLongestAgo) {
  Open(100);
  for (int i = 0; i < 100; ++i) {
    Write(Seen("user" + std::to_string(i), kNow));
  }
  // The 100th entry filled the young generation for the second time.
  EXPECT_EQ(size(), 50u);
  EXPECT_FALSE(Read("user49").has_value());
  EXPECT_TRUE(Read("user50").has_value());
  EXPECT_TRUE(Read("user99").has_value());
}

TEST_P(HistoryTest, WhoIsSeenAgainStays) {
  Open(100);
  for (int i = 0; i < 1000; ++i) {
    Write(Seen("user" + std::to_string(i), kNow));
    if (i % 40 == 0) {
      Write(Seen("joe", kNow + absl::Hours(i)));
    }
    EXPECT_TRUE(Read("joe").has_value()) << i;
  }
}

TEST_P(HistoryTest, WhoVanishesWhileOldKeepsWhenItWasSeen) {
  Open(100);
  Write(Seen("joe", kNow));
  for (int i = 0; i < 60; ++i) {
    Write(Seen("user" + std::to_string(i), kNow));
  }
  Write(Missed("joe", kNow + absl::Hours(1)));
  const auto joe = Read("joe");
  ASSERT_TRUE(joe.has_value());
  EXPECT_EQ(joe->last_seen, kNow);
  EXPECT_EQ(joe->vanished, kNow + absl::Hours(1));
}

TEST_P(HistoryTest, AMaximumOfNothingStillWorks) {
  Open(0);
  Write(Seen("joe", kNow));
  Write(Seen("jane", kNow));
  EXPECT_LE(size(), 1u);
}

TEST_P(HistoryTest, WhoIsPresentAgainWithinTheHourIsNotWrittenAgain) {
  Write(Seen("joe", kNow));
  Write(Seen("joe", kNow + absl::Minutes(59)));
  EXPECT_EQ(Read("joe")->last_seen, kNow);
  Write(Seen("joe", kNow + absl::Minutes(60)));
  EXPECT_EQ(Read("joe")->last_seen, kNow + absl::Minutes(60));
}

TEST_P(HistoryTest, AClockThatWasSetBackIsBelieved) {
  Write(Seen("joe", kNow + absl::Hours(24 * 365)));
  Write(Seen("joe", kNow));
  EXPECT_EQ(Read("joe")->last_seen, kNow);
}

TEST_P(HistoryTest, WhoComesBackWithinTheHourIsWritten) {
  Write(Seen("joe", kNow));
  Write(Missed("joe", kNow + absl::Minutes(1)));
  Write(Seen("joe", kNow + absl::Minutes(2)));
  EXPECT_EQ(Read("joe")->vanished, absl::InfiniteFuture());
  EXPECT_TRUE(VanishedFrom("people").empty());
}

TEST_P(HistoryTest, AValueThatIsNoneOfOursCountsAsSeenAndIsMadeGood) {
  Write(Seen("joe", kNow));
  std::string key;
  ASSERT_TRUE(history_->store()
                  ->ForEach("m",
                            [&key](std::string_view found, std::string_view) {
                              key = std::string(found);
                              return true;
                            })
                  .ok());
  for (const std::string value : {"", "abc", "0123456789", "0123456789abc"}) {
    ASSERT_TRUE(history_->store()->Put(key, value).ok());
    ASSERT_TRUE(Read("joe").has_value()) << value;
    EXPECT_EQ(Read("joe")->MissingSince(kNow), kNow) << value;
    Write(Missed("joe", kNow));
    EXPECT_EQ(Read("joe")->vanished, kNow) << value;
    EXPECT_EQ(VanishedFrom("people").size(), 1u);
  }
}

TEST(StoredHistory, OutlivesTheProcess) {
  Folder folder;
  for (int run = 0; run < 2; ++run) {
    auto store = OpenStore(folder);
    ASSERT_TRUE(store.ok()) << store.status();
    StoredHistory history(*std::move(store));
    if (run == 0) {
      history.Write(Seen("joe", kNow));
      history.Write(Seen("jane", kNow));
      history.Write(Missed("joe", kNow + absl::Hours(1)));
      continue;
    }
    const auto joe = MailboxSeen::From(Answer(history.Read(About("joe"))));
    ASSERT_TRUE(joe.has_value());
    EXPECT_EQ(joe->vanished, kNow + absl::Hours(1));
    EXPECT_EQ(
        history.Read({HistoryLookup::Kind::kVanished, "people"}).values.size(),
        1u);
    EXPECT_EQ(history.Read(About("jim")).state, AnswerState::kAbsent);
  }
}

TEST(StoredHistory, TheFileNamesNobody) {
  Folder folder;
  {
    auto store = OpenStore(folder);
    ASSERT_TRUE(store.ok()) << store.status();
    StoredHistory history(*std::move(store));
    history.Write(Seen("joe@example.org", kNow));
    history.Write(Missed("joe@example.org", kNow + absl::Hours(1)));
  }
  const std::string bytes = ReadAll(folder.file());
  ASSERT_GT(bytes.size(), 4096u);
  for (const char* name : {"joe", "example", "people"}) {
    EXPECT_EQ(bytes.find(name), std::string::npos) << name;
  }
}

// A store whose disk cannot be read.
class BrokenStore final : public Store {
 public:
  absl::StatusOr<std::optional<std::string>> Get(std::string_view) override {
    return absl::UnavailableError("disk on fire");
  }
  absl::Status Put(std::string_view, std::string_view) override {
    return absl::UnavailableError("disk on fire");
  }
  absl::Status Erase(std::string_view) override {
    return absl::UnavailableError("disk on fire");
  }
  absl::Status ForEach(std::string_view, const Visitor&) override {
    return absl::UnavailableError("disk on fire");
  }
  absl::Status Sync() override { return absl::UnavailableError("on fire"); }
  size_t size() const override { return 0; }
  const std::string& salt() const override { return salt_; }

 private:
  const std::string salt_ = std::string(kSaltBytes, 's');
};

TEST(StoredHistory, AStoreThatFailsIsUnknown) {
  StoredHistory history(std::make_unique<BrokenStore>());
  for (const Observation& each :
       {Seen("joe", kNow), Missed("joe", kNow), Gone("joe", kNow)}) {
    history.Write(each);
  }
  for (const HistoryLookup& lookup :
       {About("joe"),
        HistoryLookup{HistoryLookup::Kind::kVanished, "people"}}) {
    const Report report = history.Read(lookup);
    EXPECT_EQ(report.state, AnswerState::kUnknown);
    EXPECT_EQ(report.reason, "disk on fire");
    EXPECT_EQ(std::get<HistoryLookup>(report.lookup), lookup);
  }
  EXPECT_FALSE(history.ReleaseHold("people").ok());
}

}  // namespace
}  // namespace mailverdict

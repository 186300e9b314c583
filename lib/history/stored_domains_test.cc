// The records of domains that were proven missing.

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "lib/core/missing_domain.h"
#include "lib/history/history_testing.h"

namespace mailverdict {
namespace {

class MissingDomains : public HistoryTest {
 protected:
  static HistoryLookup Domain(const std::string& name) {
    return {HistoryLookup::Kind::kMissingDomain, name};
  }
  void Missed(const std::string& name, const std::string& message,
              absl::Time when) {
    history_->Write({Observation::Kind::kMissed, Domain(name), when, message});
  }
  void Found(const std::string& name) {
    history_->Write({Observation::Kind::kPresent, Domain(name), kNow});
  }
  std::optional<MissingDomain> Recall(const std::string& name) {
    return MissingDomain::From(Answer(history_->Read(Domain(name))));
  }
  std::vector<std::string> Names() {
    std::vector<std::string> names;
    EXPECT_TRUE(history_->store()->Sync().ok());
    EXPECT_TRUE(
        history_
            ->ForEachDomain([&](std::string_view name, const MissingDomain&) {
              names.emplace_back(name);
              return true;
            })
            .ok());
    std::sort(names.begin(), names.end());
    return names;
  }
};

TEST_P(MissingDomains, AttemptsOfOneMessageCountAsOne) {
  EXPECT_FALSE(Recall("bad.com").has_value());
  Missed("bad.com", "one", kNow);
  Missed("bad.com", "one", kNow + absl::Hours(1));
  Missed("bad.com", "two", kNow + absl::Hours(2));
  Missed("bad.com", "three", kNow + absl::Hours(3) - absl::Seconds(1));
  Missed("bad.com", "one", kNow + absl::Hours(3));
  const std::optional<MissingDomain> known = Recall("bad.com");
  ASSERT_TRUE(known.has_value());
  EXPECT_EQ(known->messages, 2);
  EXPECT_EQ(known->first, kNow);
  EXPECT_EQ(known->last, kNow + absl::Hours(3));
  EXPECT_EQ(known->mark, MissingDomain::Mark::kNone);
  EXPECT_FALSE(Recall("com").has_value());
}

TEST_P(MissingDomains, WhatComesTogetherCountsAsOne) {
  for (int i = 0; i < 10; ++i) {
    Missed("bad.com", absl::StrCat("message ", i), kNow + absl::Minutes(5 * i));
  }
  EXPECT_EQ(Recall("bad.com")->messages, 1);
  Missed("bad.com", "message 10", kNow + MissingDomain::kMinMessageInterval);
  EXPECT_EQ(Recall("bad.com")->messages, 2);
}

TEST_P(MissingDomains, ARunEndsWithAGap) {
  Missed("bad.com", "one", kNow);
  Missed("bad.com", "two", kNow + MissingDomain::kMaxGap);
  EXPECT_EQ(Recall("bad.com")->first, kNow);
  EXPECT_EQ(Recall("bad.com")->messages, 2);
  const absl::Time later = kNow + 2 * MissingDomain::kMaxGap + absl::Seconds(1);
  Missed("bad.com", "three", later);
  EXPECT_EQ(Recall("bad.com")->first, later);
  EXPECT_EQ(Recall("bad.com")->messages, 1);
  Missed("bad.com", "four", later - absl::Hours(2));  // the clock went back
  EXPECT_EQ(Recall("bad.com")->first, later - absl::Hours(2));
  EXPECT_EQ(Recall("bad.com")->messages, 1);
}

TEST_P(MissingDomains, MoreMessagesThanAreToldApartAreNotCounted) {
  for (int i = 0; i < 2 * MissingDomain::kMaxMessages; ++i) {
    Missed("bad.com", absl::StrCat("message ", i), kNow + absl::Hours(i));
  }
  EXPECT_EQ(Recall("bad.com")->messages, MissingDomain::kMaxMessages);
}

TEST_P(MissingDomains, OneThatIsThereIsForgotten) {
  Missed("bad.com", "one", kNow);
  Found("bad.com");
  EXPECT_FALSE(Recall("bad.com").has_value());
  Missed("bad.com", "one", kNow + absl::Hours(5));
  EXPECT_EQ(Recall("bad.com")->first, kNow + absl::Hours(5));
  Found("good.com");
  EXPECT_EQ(Names(), std::vector<std::string>{"bad.com"});
}

TEST_P(MissingDomains, AnOperatorAddsPinsAndForgets) {
  using Mark = MissingDomain::Mark;
  ASSERT_TRUE(history_->MarkDomain("bad.com", Mark::kPinned, kNow).ok());
  ASSERT_TRUE(history_->MarkDomain("added.com", Mark::kAdded, kNow).ok());
  EXPECT_EQ(Recall("added.com")->mark, Mark::kAdded);
  Found("bad.com");
  Found("added.com");
  EXPECT_FALSE(Recall("added.com").has_value());
  ASSERT_TRUE(Recall("bad.com").has_value());
  EXPECT_EQ(Recall("bad.com")->mark, Mark::kPinned);
  Missed("bad.com", "one", kNow + absl::Hours(1));
  EXPECT_EQ(Recall("bad.com")->mark, Mark::kPinned);
  EXPECT_EQ(Recall("bad.com")->messages, 1);
  Missed("worse.com", "one", kNow);
  EXPECT_EQ(Names(), (std::vector<std::string>{"bad.com", "worse.com"}));
  EXPECT_TRUE(history_->ForgetDomain("bad.com").ok());
  EXPECT_EQ(history_->ForgetDomain("bad.com").code(),
            absl::StatusCode::kNotFound);
  EXPECT_FALSE(Recall("bad.com").has_value());
  EXPECT_EQ(Names(), std::vector<std::string>{"worse.com"});
}

// Otherwise a sender with a million names could push out the mailboxes.
TEST_P(MissingDomains, NewOnesAreRememberedAtAPace) {
  const int burst = static_cast<int>(StoredHistory::kNewDomainsAtOnce);
  for (int i = 0; i < burst + 100; ++i) {
    Missed(absl::StrCat("d", i, ".com"), "one", kNow);
  }
  EXPECT_TRUE(Recall(absl::StrCat("d", burst - 1, ".com")).has_value());
  EXPECT_FALSE(Recall(absl::StrCat("d", burst, ".com")).has_value());
  const absl::Time soon = kNow + absl::Seconds(1);
  Missed("d0.com", "two", soon);
  EXPECT_EQ(Recall("d0.com")->last, soon) << "known ones still count";
  const absl::Duration one =
      absl::Seconds(1 / StoredHistory::kNewDomainsPerSecond);
  Missed("later.com", "one", kNow + one * 1.01);
  EXPECT_TRUE(Recall("later.com").has_value());
  Missed("later2.com", "one", kNow + one * 1.01);
  EXPECT_FALSE(Recall("later2.com").has_value());
}

TEST_P(MissingDomains, ARecordThatIsNoneOfOursCountsForNothing) {
  const std::string times(12, '\1');
  const std::string many(4 * (MissingDomain::kMaxMessages + 1), 'm');
  for (const std::string& value :
       {std::string(), std::string("\1"), times, times + '\3',
        times + "\2more!", times + '\1' + many}) {
    ASSERT_TRUE(history_->store()->Put("dbad.com", value).ok());
    EXPECT_FALSE(Recall("bad.com").has_value());
    EXPECT_EQ(history_->Read(Domain("bad.com")).state, AnswerState::kAbsent);
    EXPECT_TRUE(Names().empty());
  }
  Missed("bad.com", "one", kNow);
  EXPECT_EQ(Recall("bad.com")->messages, 1);
}

TEST_P(MissingDomains, TheLongestNameIsRemembered) {
  const std::string name = std::string(63, 'a') + "." + std::string(63, 'b') +
                           "." + std::string(63, 'c') + "." +
                           std::string(61, 'd');
  ASSERT_EQ(name.size(), 253u);
  Missed(name, "one", kNow);
  EXPECT_TRUE(Recall(name).has_value());
}

INSTANTIATE_TEST_SUITE_P(Stores, MissingDomains, testing::ValuesIn(kStoreKinds),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace mailverdict

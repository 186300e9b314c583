#include "lib/engine/answer_cache.h"

#include <gtest/gtest.h>

#include <memory>

#include "lib/loop/manual_executor_testing.h"
#include "lib/resolver/scripted_resolver_testing.h"

namespace mailverdict {
namespace {

DirectoryPolicy TestPolicy() {
  DirectoryPolicy policy;
  policy.name = "people";
  policy.filter = *FilterTemplate::Parse("(mail=%a)");
  policy.controls = {{"mail", "control@example.org", "uid=control"}};
  return policy;
}

MailboxLookup Joe() { return {"people", {"joe@example.org"}, ""}; }
MailboxLookup Numbered(int i) { return {"people", {std::to_string(i)}, ""}; }

class AnswerCacheTest : public testing::Test {
 protected:
  // Asks; the answer goes to `last`.
  void Ask(const MailboxLookup& lookup) {
    last.reset();
    cache->Resolve(lookup, [this](const Answer& a) {
      last = a;
      ++answers;
    });
  }
  // Another cache, of so many answers.
  void Reopen(size_t max_cached) {
    policy.max_cached = max_cached;
    cache = std::make_unique<AnswerCache>(policy, &loop, &directory);
  }
  // Is the answer known without asking the directory? Asks it if not.
  bool Known(const MailboxLookup& lookup) {
    const size_t before = directory.calls.size();
    Ask(lookup);
    return directory.calls.size() == before;
  }

  DirectoryPolicy policy = TestPolicy();
  ManualExecutor loop;
  ScriptedResolver directory;
  std::unique_ptr<AnswerCache> cache =
      std::make_unique<AnswerCache>(policy, &loop, &directory);
  std::optional<Answer> last;
  int answers = 0;
};

TEST_F(AnswerCacheTest, PresentIsKeptForFiveMinutesAndNotLonger) {
  Ask(Joe());
  directory.Present(0);
  loop.Advance(absl::Minutes(5) - absl::Nanoseconds(1));
  EXPECT_TRUE(Known(Joe()));
  EXPECT_TRUE(last->present());
  loop.Advance(absl::Nanoseconds(1));
  EXPECT_FALSE(Known(Joe()));
}

TEST_F(AnswerCacheTest, AVouchedAbsenceIsKeptForHalfAMinute) {
  Ask(Joe());
  directory.Absent(0, policy);
  loop.Advance(absl::Seconds(30) - absl::Nanoseconds(1));
  EXPECT_TRUE(Known(Joe()));
  EXPECT_TRUE(last->proven());
  loop.Advance(absl::Nanoseconds(1));
  EXPECT_FALSE(Known(Joe()));
}

TEST_F(AnswerCacheTest, NeitherUnknownNorAnAbsenceWithoutProofIsKept) {
  Ask(Joe());
  directory.Unknown(0);
  EXPECT_TRUE(last->unknown());
  EXPECT_FALSE(Known(Joe()));
  directory.Unvouched(1);
  EXPECT_TRUE(last->absent());
  EXPECT_FALSE(Known(Joe()));
  EXPECT_EQ(cache->size(), 0u);
}

TEST_F(AnswerCacheTest, ANewAnswerReplacesTheOldOne) {
  Ask(Joe());
  directory.Present(0);
  loop.Advance(absl::Minutes(5));
  Ask(Joe());
  directory.Absent(1, policy);
  EXPECT_TRUE(Known(Joe()));
  EXPECT_TRUE(last->absent());
  EXPECT_EQ(cache->size(), 1u);
}

TEST_F(AnswerCacheTest, LookupsUnderWayAreAskedOnce) {
  for (int i = 0; i < 5; ++i) Ask(Joe());
  EXPECT_EQ(directory.calls.size(), 1u);
  directory.Present(0);
  EXPECT_EQ(answers, 5);
}

TEST_F(AnswerCacheTest, DoubledAndReorderedAnswersReachEveryoneOnce) {
  Ask(Numbered(1));
  Ask(Numbered(2));
  directory.Present(1);
  directory.Present(1);
  directory.Present(0);
  directory.Absent(0, policy);
  EXPECT_EQ(answers, 2);
}

TEST_F(AnswerCacheTest, OtherSpellingsAreAnotherLookup) {
  Ask(Joe());
  directory.Present(0);
  EXPECT_FALSE(Known({"people", {"joe@example.org", "j@example.org"}, ""}));
  EXPECT_FALSE(Known({"people", {"joe@example.org"}, "mail"}));
  EXPECT_FALSE(Known({"others", {"joe@example.org"}, ""}));
}

TEST_F(AnswerCacheTest, TheOneUnusedForLongestGoesFirst) {
  Reopen(3);
  for (int i = 0; i < 3; ++i) {
    Ask(Numbered(i));
    directory.Present(static_cast<size_t>(i));
  }
  EXPECT_TRUE(Known(Numbered(0)));
  Ask(Numbered(3));
  directory.Present(3);
  EXPECT_EQ(cache->size(), 3u);
  EXPECT_TRUE(Known(Numbered(0)));
  EXPECT_TRUE(Known(Numbered(2)));
  EXPECT_TRUE(Known(Numbered(3)));
  EXPECT_FALSE(Known(Numbered(1)));
}

TEST_F(AnswerCacheTest, ACacheOfNothingStillAnswers) {
  Reopen(0);
  Ask(Joe());
  directory.Present(0);
  EXPECT_TRUE(last->present());
  EXPECT_EQ(cache->size(), 0u);
}

TEST_F(AnswerCacheTest, WhatHasExpiredDoesNotPileUp) {
  for (int i = 0; i < 1000; ++i) {
    Ask(Numbered(i));
    directory.Absent(static_cast<size_t>(i), policy);
    loop.Advance(absl::Seconds(1));
  }
  EXPECT_LE(cache->size(), 31u);
}

TEST_F(AnswerCacheTest, ForgetsAbsencesAndNothingElse) {
  Ask(Numbered(0));
  directory.Absent(0, policy);
  Ask(Numbered(1));
  directory.Present(1);
  cache->ForgetAbsences();
  EXPECT_TRUE(Known(Numbered(1)));
  EXPECT_FALSE(Known(Numbered(0)));
  directory.Absent(2, policy);
  EXPECT_TRUE(Known(Numbered(0)));  // proven since
}

TEST_F(AnswerCacheTest, ADoneMayAskAgain) {
  Reopen(1);
  Ask(Joe());
  directory.Present(0);
  int inner = 0;
  cache->Resolve(Joe(), [&](const Answer& answer) {
    // Evicts the very answer that is being told.
    cache->Resolve(Numbered(1), [&](const Answer&) { ++inner; });
    directory.Present(1);
    EXPECT_EQ(std::get<MailboxLookup>(answer.lookup()), Joe());
  });
  EXPECT_EQ(inner, 1);
}

TEST_F(AnswerCacheTest, ADoneMayAskTheSameAgain) {
  int inner = 0;
  cache->Resolve(Joe(), [&](const Answer&) {
    cache->Resolve(Joe(), [&](const Answer&) { ++inner; });
  });
  directory.Unknown(0);
  ASSERT_EQ(directory.calls.size(), 2u);
  directory.Unknown(1);
  EXPECT_EQ(inner, 1);
}

TEST_F(AnswerCacheTest, ADoneMayDestroyTheCache) {
  cache->Resolve(Joe(), [&](const Answer&) { cache.reset(); });
  bool told = false;
  cache->Resolve(Joe(), [&](const Answer&) { told = true; });
  directory.Present(0);
  EXPECT_TRUE(told);
  directory.Present(0);  // and late answers find nobody
}

TEST_F(AnswerCacheTest, AnAnswerAfterTheEndOfTheCacheIsDropped) {
  Ask(Joe());
  cache.reset();
  directory.Present(0);
  EXPECT_EQ(answers, 0);
}

}  // namespace
}  // namespace mailverdict

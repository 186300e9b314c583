#include "lib/ldap/questions.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "lib/core/vouch.h"

namespace mailverdict {
namespace {

using Group = Question::Group;

const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

DirectoryPolicy TestPolicy(const char* filter = "(|(mail=%a)(alt=%a))") {
  DirectoryPolicy policy;
  policy.name = "people";
  policy.filter = *FilterTemplate::Parse(filter);
  policy.timeout = absl::Seconds(3);
  policy.controls = {{"mail", "c1@example.org", "uid=c1,dc=x"},
                     {"alt", "c2@example.org", "uid=c2,dc=x"}};
  return policy;
}

Question Ask(const std::string& address, absl::Time asked = kStart,
             Group group = Group::kFirst) {
  return {{"people", {address}, ""}, nullptr, asked, group};
}

std::vector<std::string> Addresses(const Questions& questions) {
  std::vector<std::string> addresses;
  for (const Question& question : questions) {
    addresses.push_back(question.lookup.address());
  }
  return addresses;
}

using Want = std::vector<std::string>;

class QuestionQueuesTest : public testing::Test {
 protected:
  // Takes the next batch of a group at `now`. Questions that are too late go to
  // `late`.
  Want Take(Group group, absl::Time now = kStart) {
    Questions late_ones;
    Want batch = Addresses(queues.TakeBatch(group, policy, now, &late_ones));
    late = Addresses(late_ones);
    return batch;
  }
  void Note(const std::string& address, AnswerState state) {
    Report report = Report::Unknown(Ask(address).lookup, "");
    report.state = state;
    queues.Note(Answer(report));
  }
  // Returns how long after kStart the next search is due, and its group, if
  // `under_way` searches of kFirst and as many of kAlone are under way.
  std::pair<absl::Duration, Group> Next(int64_t under_way) {
    const auto [when, group] = queues.NextSend([under_way](Group each) {
      return each == Group::kFirst || each == Group::kAlone ? under_way : 0;
    });
    return {when - kStart, group};
  }

  DirectoryPolicy policy = TestPolicy();
  QuestionQueues queues;
  Want late;
};

TEST_F(QuestionQueuesTest, WhoWasFoundStandsApartUntilHeIsNot) {
  Note("joe@example.org", AnswerState::kPresent);
  queues.PushBack(Ask("joe@example.org"));
  queues.PushBack(Ask("ann@example.org"));
  EXPECT_EQ(Take(Group::kFound), Want{"joe@example.org"});
  EXPECT_EQ(Take(Group::kFirst), Want{"ann@example.org"});

  Note("joe@example.org", AnswerState::kUnknown);  // says nothing of him
  queues.PushBack(Ask("joe@example.org"));
  EXPECT_EQ(Take(Group::kFound), Want{"joe@example.org"});

  Note("joe@example.org", AnswerState::kAbsent);
  queues.PushBack(Ask("joe@example.org"));
  EXPECT_EQ(Take(Group::kFirst), Want{"joe@example.org"});
}

TEST_F(QuestionQueuesTest, WhoIsAskedAgainStandsWhereHisRoundSays) {
  Note("joe@example.org", AnswerState::kPresent);
  queues.PushBack(Ask("joe@example.org", kStart, Group::kAgain));
  EXPECT_EQ(Take(Group::kFound), Want{});
  EXPECT_EQ(Take(Group::kAgain), Want{"joe@example.org"});
}

TEST_F(QuestionQueuesTest, ThoseOfALostConnectionComeFirstInTheirOrder) {
  queues.PushBack(Ask("last@example.org"));
  queues.PushFront({Ask("a@example.org"),
                    Ask("alone@example.org", kStart, Group::kAlone),
                    Ask("b@example.org")});
  EXPECT_EQ(Take(Group::kFirst),
            (Want{"a@example.org", "b@example.org", "last@example.org"}));
  EXPECT_EQ(Take(Group::kAlone), Want{"alone@example.org"});
}

TEST_F(QuestionQueuesTest, ASearchIsForSoManyAndForSoManyBytes) {
  for (size_t i = 0; i < kMaxBatch + 1; ++i) {
    queues.PushBack(Ask(absl::StrCat(i, "@example.org")));
  }
  EXPECT_EQ(Take(Group::kFirst).size(), kMaxBatch);
  EXPECT_EQ(Take(Group::kFirst).size(), 1u);

  // Each address counts once for each of the two arms.
  const std::string quarter(kMaxBatchBytes / 4, 'x');
  for (int i = 0; i < 3; ++i) queues.PushBack(Ask(quarter));
  EXPECT_EQ(Take(Group::kFirst).size(), 2u);
  EXPECT_EQ(Take(Group::kFirst).size(), 1u);
  Question two = Ask(quarter);
  two.lookup.spellings.push_back("x");
  queues.PushBack(two);
  queues.PushBack(Ask(quarter));
  EXPECT_EQ(Take(Group::kFirst).size(), 1u);
  EXPECT_EQ(Take(Group::kFirst).size(), 1u);

  const std::string too_long(2 * kMaxBatchBytes, 'x');
  queues.PushBack(Ask(too_long));
  EXPECT_EQ(Take(Group::kFirst), Want{too_long});  // refused or not, it goes
}

TEST_F(QuestionQueuesTest, AloneIsAlone) {
  queues.PushBack(Ask("a@example.org", kStart, Group::kAlone));
  queues.PushBack(Ask("b@example.org", kStart, Group::kAlone));
  EXPECT_EQ(Take(Group::kAlone), Want{"a@example.org"});
  EXPECT_EQ(Take(Group::kAlone), Want{"b@example.org"});
}

TEST_F(QuestionQueuesTest, WhoIsLateIsNotAskedFor) {
  for (const Group group : QuestionQueues::kGroups) {
    queues.PushBack(Ask("late@example.org", kStart, group));
    queues.PushBack(
        Ask("in.time@example.org", kStart + absl::Nanoseconds(1), group));
    const absl::Time now = kStart + policy.timeout + absl::Nanoseconds(1);
    EXPECT_EQ(Take(group, now), Want{"in.time@example.org"});
    EXPECT_EQ(late, Want{"late@example.org"});
  }
}

TEST_F(QuestionQueuesTest, TheLineInWhichSomebodyWaitsLongestIsNext) {
  EXPECT_EQ(Next(0).first, absl::InfiniteDuration());
  queues.PushBack(Ask("b@x", kStart + absl::Seconds(2)));
  EXPECT_EQ(Next(0), std::pair(absl::Seconds(2), Group::kFirst));
  queues.PushBack(Ask("a@x", kStart + absl::Seconds(1), Group::kAgain));
  EXPECT_EQ(Next(0), std::pair(absl::Seconds(1), Group::kAgain));
}

TEST_F(QuestionQueuesTest, FewGatherWhileSearchesAreUnderWay) {
  const int64_t few = QuestionQueues::kMaxSmallSearches - 1;
  const int64_t enough = QuestionQueues::kMaxSmallSearches;
  queues.PushBack(Ask("a@example.org"));
  EXPECT_EQ(Next(few).first, absl::ZeroDuration());
  EXPECT_EQ(Next(enough).first, QuestionQueues::kGather);
  // No search of its group is under way, so it is sent first.
  const absl::Duration later = QuestionQueues::kGather / 2;
  queues.PushBack(Ask("c@example.org", kStart + later, Group::kAgain));
  EXPECT_EQ(Next(enough), std::pair(later, Group::kAgain));
  while (queues.size() < kMaxBatch + 1) queues.PushBack(Ask("b@example.org"));
  EXPECT_EQ(Next(enough), std::pair(absl::ZeroDuration(), Group::kFirst));

  EXPECT_EQ(queues.TakeAll().size(), kMaxBatch + 1);
  EXPECT_EQ(queues.size(), 0u);
  queues.PushBack(Ask("a@example.org", kStart, Group::kAlone));
  EXPECT_EQ(Next(enough), std::pair(absl::ZeroDuration(), Group::kAlone));
}

std::string Filter(const DirectoryPolicy& policy, Questions questions) {
  return FilterFor(policy, questions,
                   ControlsFor(policy, questions.front().lookup));
}

TEST(FilterFor, PutsTheControlsLastAndAnArmsComparisonsTogether) {
  EXPECT_EQ(Filter(TestPolicy(), {Ask("a@x"), Ask("b@x")}),
            "(|(mail=a@x)(mail=b@x)(alt=a@x)(alt=b@x)"
            "(mail=c1@example.org)(alt=c2@example.org))");
}

TEST(FilterFor, AsksThroughOneArmIfThatIsWanted) {
  Question alt = Ask("a@x");
  alt.lookup.arm = "alt";
  EXPECT_EQ(Filter(TestPolicy(), {alt, Ask("b@x")}),
            "(|(mail=b@x)(alt=a@x)(alt=b@x)"
            "(mail=c1@example.org)(alt=c2@example.org))");
}

TEST(FilterFor, LeavesOutAControlThatIsAskedFor) {
  EXPECT_EQ(Filter(TestPolicy(), {Ask("c1@example.org")}),
            "(|(mail=c1@example.org)(alt=c1@example.org)"
            "(alt=c2@example.org))");
}

TEST(FilterFor, KeepsOthersWhole) {
  EXPECT_EQ(Filter(TestPolicy("(&(on=TRUE)(|(mail=%a)(alt=%a)))"),
                   {Ask("a@x"), Ask("b@x")}),
            "(|(&(on=TRUE)(|(mail=a@x)(alt=a@x)))"
            "(&(on=TRUE)(|(mail=b@x)(alt=b@x)))"
            "(&(on=TRUE)(mail=c1@example.org))"
            "(&(on=TRUE)(alt=c2@example.org)))");
}

TEST(FilterFor, AsksForEachSpellingOnce) {
  Question two = Ask("a@x");
  two.lookup.spellings.push_back("b@x");
  const std::string both = Filter(TestPolicy(), {Ask("a@x"), Ask("b@x")});
  EXPECT_EQ(Filter(TestPolicy(), {two}), both);
  EXPECT_EQ(Filter(TestPolicy(), {two, Ask("b@x")}), both);
}

}  // namespace
}  // namespace mailverdict

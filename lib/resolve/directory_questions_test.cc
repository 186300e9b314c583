#include "lib/resolve/directory_questions.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "lib/core/vouch.h"

namespace mailverdict {
namespace {

using Round = Question::Round;

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
             Round round = Round::kFirst) {
  return {{"people", {address}, ""}, nullptr, asked, round};
}

std::vector<std::string> Addresses(const Questions& questions) {
  std::vector<std::string> addresses;
  for (const Question& question : questions) {
    addresses.push_back(question.lookup.address());
  }
  return addresses;
}

using Want = std::vector<std::string>;

class QuestionLinesTest : public testing::Test {
 protected:
  // Of a line's front, at `now`; who is late goes to `late`.
  Want Take(Round round, absl::Time now = kStart) {
    Questions late_ones;
    Want batch = Addresses(lines.TakeBatch(round, policy, now, &late_ones));
    late = Addresses(late_ones);
    return batch;
  }
  void Note(const std::string& address, AnswerState state) {
    Report report = Report::Unknown(Ask(address).lookup, "");
    report.state = state;
    lines.Note(Answer(report));
  }
  // How long after kStart the next search is due, and of whom.
  std::pair<absl::Duration, Round> Next(int64_t under_way) {
    const auto [when, round] =
        lines.NextSend([under_way](Round) { return under_way; });
    return {when - kStart, round};
  }

  DirectoryPolicy policy = TestPolicy();
  QuestionLines lines;
  Want late;
};

TEST_F(QuestionLinesTest, WhoWasFoundStandsApartUntilHeIsNot) {
  Note("joe@example.org", AnswerState::kPresent);
  lines.PushBack(Ask("joe@example.org"));
  lines.PushBack(Ask("ann@example.org"));
  EXPECT_EQ(Take(Round::kFound), Want{"joe@example.org"});
  EXPECT_EQ(Take(Round::kFirst), Want{"ann@example.org"});

  Note("joe@example.org", AnswerState::kUnknown);  // says nothing of him
  lines.PushBack(Ask("joe@example.org"));
  EXPECT_EQ(Take(Round::kFound), Want{"joe@example.org"});

  Note("joe@example.org", AnswerState::kAbsent);
  lines.PushBack(Ask("joe@example.org"));
  EXPECT_EQ(Take(Round::kFirst), Want{"joe@example.org"});
}

TEST_F(QuestionLinesTest, WhoIsAskedAgainStandsWhereHisRoundSays) {
  Note("joe@example.org", AnswerState::kPresent);
  lines.PushBack(Ask("joe@example.org", kStart, Round::kAgain));
  EXPECT_EQ(Take(Round::kFound), Want{});
  EXPECT_EQ(Take(Round::kAgain), Want{"joe@example.org"});
}

TEST_F(QuestionLinesTest, ThoseOfALostConnectionComeFirstInTheirOrder) {
  lines.PushBack(Ask("last@example.org"));
  lines.PushFront({Ask("a@example.org"), Ask("b@example.org")});
  EXPECT_EQ(Take(Round::kFirst),
            (Want{"a@example.org", "b@example.org", "last@example.org"}));
}

TEST_F(QuestionLinesTest, ASearchIsForSoManyAndForSoManyBytes) {
  for (size_t i = 0; i < kMaxBatch + 1; ++i) {
    lines.PushBack(Ask(absl::StrCat(i, "@example.org")));
  }
  EXPECT_EQ(Take(Round::kFirst).size(), kMaxBatch);
  EXPECT_EQ(Take(Round::kFirst).size(), 1u);

  // Once for each of the two arms.
  const std::string local(kMaxBatchBytes / 4, 'x');
  for (const char* domain : {"@a", "@b", "@c"}) {
    lines.PushBack(Ask(local + domain));
  }
  EXPECT_EQ(Take(Round::kFirst).size(), 1u);
  EXPECT_EQ(Take(Round::kFirst).size(), 1u);
  EXPECT_EQ(Take(Round::kFirst).size(), 1u);

  const std::string too_long(2 * kMaxBatchBytes, 'x');
  lines.PushBack(Ask(too_long));
  EXPECT_EQ(Take(Round::kFirst), Want{too_long});  // refused or not, it goes
}

TEST_F(QuestionLinesTest, AloneIsAlone) {
  lines.PushBack(Ask("a@example.org", kStart, Round::kAlone));
  lines.PushBack(Ask("b@example.org", kStart, Round::kAlone));
  EXPECT_EQ(Take(Round::kAlone), Want{"a@example.org"});
  EXPECT_EQ(Take(Round::kAlone), Want{"b@example.org"});
}

TEST_F(QuestionLinesTest, WhoIsLateIsNotAskedFor) {
  for (const Round round : QuestionLines::kRounds) {
    lines.PushBack(Ask("late@example.org", kStart, round));
    lines.PushBack(
        Ask("in.time@example.org", kStart + absl::Nanoseconds(1), round));
    const absl::Time now = kStart + policy.timeout + absl::Nanoseconds(1);
    EXPECT_EQ(Take(round, now), Want{"in.time@example.org"});
    EXPECT_EQ(late, Want{"late@example.org"});
  }
}

TEST_F(QuestionLinesTest, TheLineInWhichSomebodyWaitsLongestIsNext) {
  EXPECT_EQ(Next(0).first, absl::InfiniteDuration());
  lines.PushBack(Ask("b@x", kStart + absl::Seconds(2), Round::kAgain));
  EXPECT_EQ(Next(0), std::pair(absl::Seconds(2), Round::kAgain));
  lines.PushBack(Ask("a@x", kStart + absl::Seconds(1)));
  EXPECT_EQ(Next(0), std::pair(absl::Seconds(1), Round::kFirst));
}

TEST_F(QuestionLinesTest, FewGatherWhileSearchesAreUnderWay) {
  const int64_t few = QuestionLines::kMaxSmallSearches - 1;
  const int64_t enough = QuestionLines::kMaxSmallSearches;
  lines.PushBack(Ask("a@example.org"));
  EXPECT_EQ(Next(few).first, absl::ZeroDuration());
  EXPECT_EQ(Next(enough).first, QuestionLines::kGather);
  while (lines.size() < kMaxBatch) lines.PushBack(Ask("b@example.org"));
  EXPECT_EQ(Next(enough).first, absl::ZeroDuration());

  lines.TakeAll();
  lines.PushBack(Ask("a@example.org", kStart, Round::kAlone));
  EXPECT_EQ(Next(enough).first, absl::ZeroDuration());
}

std::string Filter(const DirectoryPolicy& policy, Questions questions) {
  return FilterFor(policy, questions,
                   ControlsFor(policy, questions.front().lookup));
}

TEST(FilterFor, PutsTheControlsFirstAndAnArmsComparisonsTogether) {
  EXPECT_EQ(Filter(TestPolicy(), {Ask("a@x"), Ask("b@x")}),
            "(|(mail=c1@example.org)(alt=c2@example.org)"
            "(mail=a@x)(mail=b@x)(alt=a@x)(alt=b@x))");
}

TEST(FilterFor, KeepsOthersWhole) {
  EXPECT_EQ(Filter(TestPolicy("(&(on=TRUE)(|(mail=%a)(alt=%a)))"),
                   {Ask("a@x"), Ask("b@x")}),
            "(|(&(on=TRUE)(mail=c1@example.org))(&(on=TRUE)(alt=c2@example.org)"
            ")(&(on=TRUE)(|(mail=a@x)(alt=a@x)))"
            "(&(on=TRUE)(|(mail=b@x)(alt=b@x))))");
}

TEST(FilterFor, AsksForASpellingOnce) {
  Question two = Ask("a@x");
  two.lookup.spellings.push_back("b@x");
  EXPECT_EQ(Filter(TestPolicy(), {two, Ask("b@x")}),
            Filter(TestPolicy(), {Ask("a@x"), Ask("b@x")}));
}

}  // namespace
}  // namespace mailverdict

#include "lib/cases/case_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

namespace mailverdict {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::vector<Case> Read(const std::string& text) {
  const auto cases = ReadCases(text, "a.case");
  EXPECT_TRUE(cases.ok()) << cases.status();
  return cases.ok() ? *cases : std::vector<Case>();
}

TEST(CaseReader, ReadsWhatIsToldOfACase) {
  const std::vector<Case> cases = Read(
      "# Comment\n"
      "policy some/where.textproto\r\n"
      "\n"
      "case the first, of  two\n"
      "time 2026-02-03T04:05:06Z\n"
      "connect 192.0.2.1\n"
      "mail <ann@example.net>\n"
      "  rcpt  <joe@example.org> \n"
      "asked dns example.net MX\n"
      "\tpresent \"10 mx.example.net\" plain \"\\\"\\\\\\x01\\xff\"\n"
      "asked dns mx.example.net A\n"
      "absent data by example.net alias of www.example.net\n"
      "verdict pass\n"
      "case the second\n"
      "verdict pass [why]");
  ASSERT_EQ(cases.size(), 2u);
  EXPECT_EQ(cases[0].name, "the first, of  two");
  EXPECT_EQ(cases[0].line, 4u);
  EXPECT_EQ(cases[0].policy, "some/where.textproto");
  ASSERT_EQ(cases[0].steps.size(), 1u);
  const CaseStep& step = cases[0].steps[0];
  EXPECT_EQ(step.line, 13u);
  EXPECT_EQ(step.verdict, "pass");
  EXPECT_FALSE(step.remembered.has_value());
  EXPECT_EQ(step.transaction.stage, Stage::kRcpt);
  EXPECT_EQ(absl::FormatTime(step.transaction.now, absl::UTCTimeZone()),
            "2026-02-03T04:05:06+00:00");
  EXPECT_EQ(step.transaction.client, "192.0.2.1");
  EXPECT_EQ(step.transaction.sender, "<ann@example.net>");
  EXPECT_EQ(step.transaction.recipient, "<joe@example.org>");
  ASSERT_EQ(step.given.size(), 2u);
  EXPECT_EQ(step.given[0].lookup, "dns example.net MX");
  EXPECT_EQ(step.given[0].line, 9u);
  EXPECT_EQ(step.given[0].state, AnswerState::kPresent);
  EXPECT_THAT(step.given[0].values,
              ElementsAre("10 mx.example.net", "plain", "\"\\\x01\xff"));
  EXPECT_EQ(step.given[1].state, AnswerState::kAbsent);
  EXPECT_EQ(step.given[1].absence, Absence::kNoData);
  EXPECT_EQ(step.given[1].zone, "example.net");
  EXPECT_EQ(step.given[1].alias_target, "www.example.net");
  EXPECT_EQ(cases[1].policy, "some/where.textproto");
  EXPECT_EQ(cases[1].steps[0].transaction.now, kCaseTime);
  EXPECT_EQ(cases[1].steps[0].transaction.client, "");
}

// A new connection drops the facts of the last one, and a new message those of
// the last message. Answers hold for one verdict only.
TEST(CaseReader, WhatWasToldStaysUntilItIsTakenBack) {
  const std::vector<Case> cases = Read(
      "case some\nconnect 192.0.2.1\nhelo mx.example.net\nlogin\n"
      "mail a@example.net\n"
      "rcpt b@example.org\ngrace people 1h\nasked dns c A\nunknown x\n"
      "verdict pass\n"
      "time +90m\nverdict pass\n"
      "mail d@example.net\nverdict pass\n"
      "connect 192.0.2.2\nvanished people 7/1h\nverdict pass\n");
  ASSERT_EQ(cases.size(), 1u);
  const std::vector<CaseStep>& steps = cases[0].steps;
  ASSERT_EQ(steps.size(), 4u);
  EXPECT_EQ(steps[0].transaction.helo, "mx.example.net");
  EXPECT_EQ(steps[2].transaction.helo, "mx.example.net");
  EXPECT_EQ(steps[3].transaction.helo, "");
  EXPECT_TRUE(steps[1].given.empty());
  EXPECT_EQ(steps[1].transaction.recipient, "b@example.org");
  EXPECT_EQ(steps[1].transaction.now, kCaseTime + absl::Minutes(90));
  EXPECT_EQ(steps[2].transaction.stage, Stage::kMail);
  EXPECT_EQ(steps[2].transaction.recipient, "");
  EXPECT_TRUE(steps[2].transaction.authenticated);
  EXPECT_EQ(steps[3].transaction.stage, Stage::kConnect);
  EXPECT_FALSE(steps[3].transaction.authenticated);
  EXPECT_EQ(steps[3].transaction.sender, "");
  EXPECT_EQ(steps[3].transaction.now, kCaseTime + absl::Minutes(90));
  const DirectoryOverrides& people = steps[3].overrides.at("people");
  EXPECT_EQ(people.grace, absl::Hours(1));
  EXPECT_EQ(people.hold->ToString(), "7/1h");
}

TEST(CaseReader, ReadsExceptions) {
  const std::map<std::string, Deviation::Kind> kinds = {
      {"absent", Deviation::Kind::kAbsent},
      {"present a \"b c\"", Deviation::Kind::kPresent},
      {"unknown timed out", Deviation::Kind::kUnknown},
      {"from another server", Deviation::Kind::kAnotherServer},
      {"from another connection", Deviation::Kind::kAnotherConnection},
      {"from another exchange", Deviation::Kind::kAnotherExchange},
      {"from another time", Deviation::Kind::kAnotherTime},
      {"from a cache", Deviation::Kind::kFromCache},
      {"not asked", Deviation::Kind::kNotAsked},
  };
  for (const auto& [text, expected] : kinds) {
    const std::vector<Case> cases =
        Read("case c\nasked mailbox p:j\nabsent\nbut x@example.org " + text +
             "\nbut controls absent\nverdict pass\n");
    ASSERT_EQ(cases.size(), 1u);
    const std::vector<Deviation>& deviations =
        cases[0].steps[0].given[0].deviations;
    ASSERT_EQ(deviations.size(), 2u);
    EXPECT_EQ(deviations[0].subject, "x@example.org");
    EXPECT_EQ(deviations[0].kind, expected) << text;
    EXPECT_EQ(deviations[0].line, 4u);
    if (expected == Deviation::Kind::kPresent) {
      EXPECT_THAT(deviations[0].values, ElementsAre("a", "b c"));
    }
    if (expected == Deviation::Kind::kUnknown) {
      EXPECT_EQ(deviations[0].reason, "timed out");
    }
  }
}

TEST(CaseReader, ReadsWhatIsRemembered) {
  const std::vector<Case> cases = Read(
      "case c\nverdict pass\nremember nothing\nverdict pass\n"
      "remember present history people:joe@example.org\n"
      "remember gone history people:ann@example.org\n");
  ASSERT_EQ(cases.size(), 1u);
  EXPECT_THAT(*cases[0].steps[0].remembered, ElementsAre());
  EXPECT_THAT(*cases[0].steps[1].remembered,
              ElementsAre("present history people:joe@example.org",
                          "gone history people:ann@example.org"));
}

TEST(CaseReader, ErrorsNameTheLineAndTheCure) {
  const std::map<std::string, std::pair<int, std::string>> wrong = {
      {"", {0, "begin one by \"case NAME\""}},
      {"# nothing\n", {1, "begin one by \"case NAME\""}},
      {"rcpt joe\n", {1, "\"rcpt\" belongs to a case"}},
      {"case\nverdict pass\n", {1, "a case has a name"}},
      {"policy\ncase c\nverdict pass\n", {1, "policy FILE"}},
      {"case c\npolicy p\n", {2, "before the first case"}},
      {"case c\nrctp joe\n",
       {2, "\"rctp\" is no word of a case; write policy, case, time,"}},
      {"case c\n", {1, "the case \"c\" does not end with a verdict"}},
      {"case c\nrcpt joe\ncase d\nverdict pass\n",
       {3, "the case \"c\" does not end with a verdict"}},
      {"case c\nverdict pass\nrcpt joe\n", {3, "does not end with a verdict"}},
      {"case c\ntime tomorrow\n", {2, "time +3h"}},
      {"case c\ntime +tomorrow\n", {2, "time +3h"}},
      {"case c\ntime +-1h\n", {2, "time +3h"}},
      {"case c\ntime +inf\n", {2, "time +3h"}},
      {"case c\nlogin joe\n", {2, "\"joe\" is too much here"}},
      {"case c\ngrace people long\n", {2, "grace"}},
      {"case c\nvanished people 5\n", {2, "5/10m"}},
      {"case c\nasked joe\n", {2, "asked mailbox people:joe@example.org"}},
      {"case c\npresent x\n", {2, "an answer follows its"}},
      {"case c\nasked dns a A\npresent x\nabsent name\n",
       {4, "one question has one answer"}},
      {"case c\nasked dns a A\nverdict pass\n",
       {3, "what is asked in line 2 has no answer"}},
      {"case c\nasked dns a A\nabsent\n", {3, "\"absent name\""}},
      {"case c\nasked dns a A\nabsent name of x\n", {3, "by ZONE"}},
      {"case c\nasked dns a A\nabsent name by\n", {3, "a name is missing"}},
      {"case c\nasked mailbox a:b\nabsent name\n",
       {3, "\"name\" is too much here"}},
      {"case c\nasked dns a A\npresent \"x\n", {3, "a quote has no end"}},
      {"case c\nasked dns a A\npresent \"\\n\"\n", {3, "behind a \\"}},
      {"case c\nasked dns a A\npresent \"\\x4\"\n", {3, "0-9 and a-f"}},
      {"case c\nbut controls absent\n", {2, "follows an answer"}},
      {"case c\nasked dns a A\nbut controls absent\n",
       {3, "follows an answer"}},
      {"case c\nasked mailbox a:b\nabsent\nbut controls dead\n",
       {4, "but CONTROL absent"}},
      {"case c\nremember nothing\n", {2, "follows a verdict"}},
      {"case c\nverdict pass\nrcpt joe\nremember nothing\n",
       {4, "follows a verdict"}},
  };
  for (const auto& [text, expected] : wrong) {
    const auto cases = ReadCases(text, "a.case");
    ASSERT_FALSE(cases.ok()) << text;
    const std::string message(cases.status().message());
    EXPECT_THAT(message,
                StartsWith("a.case:" + std::to_string(expected.first) + ": "))
        << text;
    EXPECT_THAT(message, HasSubstr(expected.second)) << text;
  }
}

}  // namespace
}  // namespace mailverdict

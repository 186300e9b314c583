// The faults that wrong cases have. //tests/cases shows that right cases have
// none.

#include "lib/cases/run_case.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "lib/cases/case_reader.h"
#include "lib/policy/loader/loader.h"

namespace mailverdict {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kPolicy[] =
    "directory {"
    "  name: 'people'"
    "  uri: 'ldap://one.example.org'"
    "  uri: 'ldap://two.example.org'"
    "  base: 'dc=example'"
    "  filter: '(mail=%a)'"
    "  control { arm: 'mail' address: 'c@example.org' dn: 'uid=c,dc=example' }"
    "}"
    "realm { domain: 'example.org' directory: 'people' }"
    "dns { control: '*.control.example.org' }"
    "check { domain { shipped_list: false learn: ON } }"
    "check { recipient {} }";

std::shared_ptr<const Policy> TwoServers() {
  auto loaded = LoadPolicy(kPolicy, "policy", [](const std::string&) {
    return absl::NotFoundError("no files");
  });
  EXPECT_TRUE(loaded.ok()) << loaded.status();
  return std::make_shared<const Policy>(std::move(loaded->policy));
}

// Runs a case, and returns "LINE: WHAT" for each fault.
std::vector<std::string> Try(const std::string& steps) {
  const auto cases = ReadCases("case c\n" + steps, "a.case");
  EXPECT_TRUE(cases.ok()) << cases.status();
  std::vector<std::string> faults;
  for (const CaseFault& fault : RunCase(TwoServers(), cases->at(0))) {
    faults.push_back(std::to_string(fault.line) + ": " + fault.what);
  }
  return faults;
}

std::string OnlyFault(const std::string& steps) {
  const std::vector<std::string> faults = Try(steps);
  EXPECT_EQ(faults.size(), 1u) << steps;
  return faults.empty() ? "" : faults[0];
}

constexpr char kAbsent[] =
    "rcpt joe@example.org\nasked mailbox people:joe@example.org\nabsent\n";
constexpr char kUnknownUser[] =
    "verdict recipient reject 550 5.1.1 User unknown\n";

TEST(RunCase, AnotherVerdictIsShownInFull) {
  const std::string fault = OnlyFault(std::string(kAbsent) + "verdict pass\n");
  EXPECT_THAT(fault,
              HasSubstr("5: the verdict is to be pass\nand is recipient reject "
                        "550 5.1.1 User unknown\n"));
  EXPECT_THAT(fault, HasSubstr("proof"));
}

TEST(RunCase, WhatStandsInBracketsCanBeLeftOutAndIsHeldTo) {
  const std::string pass = "rcpt joe@example.com\nasked dns example.com MX\n";
  const std::string said = "unknown no route\n";
  const std::string brief =
      "verdict domain defer 451 4.4.3 Domain cannot be looked up right now, "
      "try again later";
  EXPECT_THAT(Try(pass + said + brief), IsEmpty());
  EXPECT_THAT(Try(pass + said + brief + " [DNS could not be asked; no route]"),
              IsEmpty());
  EXPECT_THAT(OnlyFault(pass + said + brief + " [why]"), HasSubstr("no route"));
}

TEST(RunCase, TheTextOfAReplyCanBeLeftOut) {
  EXPECT_THAT(Try(std::string(kAbsent) + "verdict recipient reject 550 5.1.1"),
              IsEmpty());
  const std::string asked =
      "rcpt joe@example.com\nasked dns example.com MX\n"
      "unknown no route\nverdict domain defer 451 4.4.3";
  EXPECT_THAT(Try(asked), IsEmpty());
  EXPECT_THAT(Try(asked + " [DNS could not be asked; no route]"), IsEmpty());
}

TEST(RunCase, WhatIsLeftOfAReplyIsHeldTo) {
  for (const char* other :
       {"recipient reject 550 5.1.2", "recipient reject 550",
        "recipient reject", "reject 550 5.1.1", "recipient defer 550 5.1.1",
        "recipient", "recipient reject 550 5.1.1 User",
        "recipient reject 550 5.1.1 [why]"}) {
    EXPECT_THAT(OnlyFault(std::string(kAbsent) + "verdict " + other),
                HasSubstr("the verdict is to be"))
        << other;
  }
}

TEST(RunCase, AQuestionWithoutAnAnswerEndsIt) {
  EXPECT_THAT(OnlyFault("rcpt joe@example.org\nverdict pass\n"),
              HasSubstr("3: it asks \"mailbox people:joe@example.org\""));
}

TEST(RunCase, AnAnswerThatNobodyAsksForIsAFault) {
  EXPECT_EQ(OnlyFault("rcpt postmaster@example.org\n"
                      "asked mailbox people:postmaster@example.org\nabsent\n"
                      "verdict pass\n"),
            "3: nobody asks \"mailbox people:postmaster@example.org\"");
}

TEST(RunCase, AnExceptionAboutNothingIsAFault) {
  EXPECT_THAT(OnlyFault(std::string(kAbsent) + "but d@example.org absent\n" +
                        kUnknownUser),
              HasSubstr("3: no control \"d@example.org\" goes with"));
  EXPECT_THAT(OnlyFault("rcpt joe@example.com\nasked dns example.com MX\n"
                        "absent name\nbut com present x\nverdict pass\n"),
              HasSubstr("3: no control \"com\" goes with"));
  EXPECT_THAT(OnlyFault(std::string(kAbsent) +
                        "asked history people:joe@example.org\nabsent\n"
                        "but controls absent\n" +
                        kUnknownUser),
              HasSubstr("5: no controls go with a history"));
}

TEST(RunCase, WhatIsSetForNoDirectoryIsAFault) {
  EXPECT_EQ(OnlyFault("rcpt postmaster@example.org\ngrace poeple 1h\n"
                      "verdict pass\n"),
            "4: what is set for poeple is for no directory");
}

TEST(RunCase, ASecondServerThatIsNotAskedIsAFault) {
  EXPECT_THAT(OnlyFault("mail ann@example.com\nasked dns example.com MX\n"
                        "unknown\nbut second-server absent\nverdict pass\n"),
              HasSubstr("3: no second server is asked"));
}

TEST(RunCase, WhatIsRememberedIsComparedIfTheCaseSaysSo) {
  const std::string there =
      "rcpt joe@example.org\nasked mailbox people:joe@example.org\n"
      "present uid=joe\nverdict pass\n";
  EXPECT_THAT(Try(there), IsEmpty());
  EXPECT_EQ(OnlyFault(there + "remember nothing\n"),
            "5: what it remembers is \"present history "
            "people:joe@example.org\"");
}

// Every deviation of a control or of the second server turns the rejection into
// another verdict; none is ignored.
TEST(RunCase, EachExceptionIsMade) {
  const std::map<std::string, std::string> exceptions = {
      {"c@example.org absent", "control c@example.org (mail) is missing"},
      {"controls unknown gone", "(mail) is unknown: gone"},
      {"c@example.org from another server", "comes from another moment"},
      {"c@example.org from another connection", "comes from another moment"},
      {"c@example.org from another exchange", "comes from another moment"},
      {"c@example.org from another time", "comes from another moment"},
      {"c@example.org not asked", "was not asked with it"},
      {"second-server unknown gone", "no second server bears out"},
      {"second-server not asked", "no second server bears out"},
      {"second-server from another exchange", "no second server bears out"},
  };
  EXPECT_THAT(Try(std::string(kAbsent) + kUnknownUser), IsEmpty());
  for (const auto& [exception, why] : exceptions) {
    EXPECT_THAT(OnlyFault(std::string(kAbsent) + "but " + exception + "\n" +
                          kUnknownUser),
                HasSubstr(why))
        << exception;
  }
  EXPECT_THAT(Try(std::string(kAbsent) +
                  "but second-server present uid=joe\nverdict pass\n"),
              IsEmpty());
}

TEST(RunCase, ExceptionsOfDnsAreMade) {
  const std::string asked =
      "mail ann@example.com\nasked dns example.com MX\npresent \"0 .\"\n"
      "asked dns example.com MX with controls\npresent \"0 .\"\n";
  const std::string verdict =
      "verdict domain reject 550 5.7.27 Sender address has null MX\n";
  const std::map<std::string, std::string> exceptions = {
      {"controls not asked", "was not asked with it"},
      {"control.example.org absent", "is missing"},
      {"control.example.org unknown gone", "is unknown: gone"},
      {"control.example.org from another server", "another server or moment"},
      {"control.example.org from another time", "another server or moment"},
      {"com present 192.0.2.1", "is there, and should not be"},
  };
  EXPECT_THAT(Try(asked + verdict), IsEmpty());
  for (const auto& [exception, why] : exceptions) {
    EXPECT_THAT(OnlyFault(asked + "but " + exception + "\n" + verdict),
                HasSubstr(why))
        << exception;
  }
}

}  // namespace
}  // namespace mailverdict

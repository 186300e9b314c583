#include "lib/core/readings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "lib/core/reply.h"

namespace mailverdict {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Policy Ours() {
  Policy policy;
  policy.realms.emplace_back();
  policy.realm_by_domain.Add("example.org", 0);
  policy.realm_by_domain.Add("example.net", 0);
  return policy;
}

std::vector<std::string> Read(const std::string& argument,
                              std::optional<std::string> resolved) {
  Transaction tx;
  tx.stage = Stage::kRcpt;
  tx.recipient = argument;
  tx.resolved = std::move(resolved);
  std::vector<std::string> read;
  for (const mail::Address& each : ReadingsOf(Ours(), tx).addresses) {
    read.push_back(each.ToString());
  }
  return read;
}

TEST(Readings, WithoutTheMtasWordThereIsTheArgumentAlone) {
  EXPECT_THAT(Read("<joe@example.org>", std::nullopt),
              ElementsAre("joe@example.org"));
  EXPECT_THAT(Read("<a%example.org@gw.test>", std::nullopt),
              ElementsAre("a%example.org@gw.test"));
  EXPECT_THAT(Read("<joe@example.org >", std::nullopt), IsEmpty());
}

TEST(Readings, OneAddressIsReadOnce) {
  EXPECT_THAT(Read("<Joe@Example.ORG>", "joe@example.org"),
              ElementsAre("joe@example.org"));
  EXPECT_THAT(Read("<\"joe\"@example.org>", "joe@example.org"),
              ElementsAre("joe@example.org"));
  EXPECT_THAT(Read("<joe@example.org>", "joe"), ElementsAre("joe@example.org"));
}

TEST(Readings, TheArgumentComesBeforeWhatTheMtaMadeOfIt) {
  EXPECT_THAT(Read("<info@example.org>", "joe@elsewhere.test"),
              ElementsAre("info@example.org", "joe@elsewhere.test"));
}

TEST(Readings, WhatCannotBeParsedIsNoReading) {
  EXPECT_THAT(Read("<<joe@example.org>>", "joe@example.org"),
              ElementsAre("joe@example.org"));
  EXPECT_THAT(Read("<joe@example.org>", "joe@"),
              ElementsAre("joe@example.org"));
  EXPECT_THAT(Read("<joe@example.org>", ""), ElementsAre("joe@example.org"));
  EXPECT_THAT(Read("<joe@example.org>", "<>"), ElementsAre("joe@example.org"));
  EXPECT_THAT(Read("<@example.org>", "\"\"@example.org"), IsEmpty());
}

TEST(Readings, ABareNameIsNotGivenADomain) {
  for (const char* name : {"<root>", "root", "<\"joe smith\">"}) {
    EXPECT_THAT(Read(name, "root@example.org").size(), 1) << name;
    EXPECT_THAT(Read(name, "root").size(), 1) << name;
  }
  EXPECT_THAT(Read("<joe smith>", "joe.smith@example.org"), IsEmpty());
}

TEST(Readings,
     ANameThatTheMtaDeliversItselfIsReadInEachDomainOfOursThatIsNamed) {
  EXPECT_THAT(Read("<joe%example.org@gw.test>", "joe"),
              ElementsAre("joe%example.org@gw.test", "joe@example.org"));
  EXPECT_THAT(Read("<example.org!joe@example.net>", "joe"),
              ElementsAre("example.org!joe@example.net", "joe@example.org",
                          "joe@example.net"));
  for (const char* argument :
       {"<joe@example.org >", "< joe@example.org>", "<joe@example.org\t>",
        "<<joe@example.org>>", "<joe@example.org (Joe)>",
        "<Joe <joe@example.org>>", "<joe @ example.org>",
        "<joe(x)@(y)Example.ORG.>", "<joe@example.org;>", "<joe@example.org>x",
        "<x,joe@example.org>", "<@gw.test,joe@example.org>"}) {
    EXPECT_THAT(Read(argument, "joe"), ElementsAre("joe@example.org"))
        << argument;
  }
  EXPECT_THAT(Read("<joe@gw.test >", "joe"), IsEmpty());
}

TEST(Readings, ADomainInACommentOrAheadOfTheBracketsIsNotNamed) {
  EXPECT_THAT(Read("<joe@gw.test (of (example.org))>", "joe"), IsEmpty());
  EXPECT_THAT(Read("<example.org <joe@gw.test>>", "joe"), IsEmpty());
  EXPECT_THAT(Read("<Joe (<) <joe@example.org (x)>>", "joe"),
              ElementsAre("joe@example.org"));
}

TEST(Readings, ALocalPartIsNoDomain) {
  EXPECT_THAT(Read("<example.org@gw.test>", "example.org"),
              ElementsAre("example.org@gw.test"));
  EXPECT_THAT(Read("<\"example.org\"@gw.test (x)>", "example.org"), IsEmpty());
  EXPECT_THAT(Read("<\"joe@example.org\"@gw.test>", "joe"),
              ElementsAre("\"joe@example.org\"@gw.test", "joe@example.org"));
}

TEST(Readings, WhatTheMtaResolvedAndCannotBeParsedIsUnclear) {
  Transaction tx;
  tx.recipient = "<sales@example.org>";
  for (const char* resolved :
       {"\\joe", "host::joe", "joe@", "a b@example.org"}) {
    tx.resolved = resolved;
    EXPECT_TRUE(ReadingsOf(Ours(), tx).unclear) << resolved;
  }
  for (const char* resolved : {"", "<>", "joe", "joe@example.org"}) {
    tx.resolved = resolved;
    EXPECT_FALSE(ReadingsOf(Ours(), tx).unclear) << resolved;
  }
  tx.resolved.reset();
  EXPECT_FALSE(ReadingsOf(Ours(), tx).unclear);
  // The argument's own local part, without its quotes, says nothing new.
  tx.recipient = "<\"Joe,x\"@example.org>";
  tx.resolved = "Joe,x";
  EXPECT_FALSE(ReadingsOf(Ours(), tx).unclear);
  tx.recipient = "<\"joe\\\"x\"@example.org>";
  tx.resolved = "joe\\\"x";
  EXPECT_FALSE(ReadingsOf(Ours(), tx).unclear);
  tx.resolved = "joe,y";
  EXPECT_TRUE(ReadingsOf(Ours(), tx).unclear);
}

TEST(Readings, TheDomainsThatAnArgumentNamesAreBounded) {
  std::string argument = "<a b";
  for (int i = 0; i < 1000; ++i) argument += "%example.org";
  EXPECT_THAT(Read(argument, "joe"), ElementsAre("joe@example.org"));
}

// A reply keeps them as they are, so that a sender can read what is wrong.
TEST(Readings, AFaultIsPlainText) {
  for (const char* argument :
       {"<joe@example.org", "joe@example.org>", "<joe@example.org>x",
        "<\"joe@example.org>", "<a b@c.test>", "<@a.test,b@c.test>",
        "<@a.test:joe>", "<@a.test,:b@c.test>", "<@a.test joe:>", "<joe@>",
        "<joe@a..test>", "<\"a\x01\"@b.test>", "<\"\"@b.test>", "<@b.test>",
        "<joe@[1.2.3]>", "<joe@[1.2.3.4>", "<b\xff@c.test>", ""}) {
    Transaction tx;
    tx.recipient = argument;
    const Readings readings = ReadingsOf(Ours(), tx);
    ASSERT_TRUE(readings.fault.has_value()) << argument;
    EXPECT_EQ(HarmlessText(readings.fault->what), readings.fault->what);
  }
}

}  // namespace
}  // namespace mailverdict

#include "lib/core/vouch.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace mailverdict {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'800'000'000);

DirectoryPolicy People() {
  DirectoryPolicy people;
  people.name = "people";
  people.filter = *FilterTemplate::Parse("(|(mail=%a)(uid=%u))");
  people.controls = {{"mail", "old@example.org", "uid=old"},
                     {"uid", "new@example.org", "uid=new"}};
  return people;
}

Origin Moment() {
  return {"ldap://one", 3, 17, kNoon, kNoon + absl::Milliseconds(1)};
}

MailboxLookup Joe() { return {"people", {"joe@example.org"}, ""}; }

Lookup ControlLookup(const Control& control) {
  return MailboxLookup{"people", {control.address}, control.arm};
}

std::vector<Report> GoodControls() {
  std::vector<Report> controls;
  for (const Control& control : People().controls) {
    controls.push_back(
        Report::Present(ControlLookup(control), {control.dn}, Moment()));
  }
  return controls;
}

TEST(ControlsFor, EveryControlGoesWithAnOrdinaryLookup) {
  const std::vector<MailboxLookup> controls = ControlsFor(People(), Joe());
  ASSERT_EQ(controls.size(), 2u);
  EXPECT_EQ(controls[0].address(), "old@example.org");
  EXPECT_EQ(controls[0].arm, "mail");
  EXPECT_EQ(controls[1].arm, "uid");
  EXPECT_FALSE(AsksForAControl(People(), Joe()));
  EXPECT_FALSE(AsksForAControl(People(), {}));
}

TEST(ControlsFor, ALookupThatAsksForAControlGoesWithoutIt) {
  const MailboxLookup lookup{
      "people", {"new+tag@example.org", "new@example.org"}, ""};
  const std::vector<MailboxLookup> controls = ControlsFor(People(), lookup);
  ASSERT_EQ(controls.size(), 1u);
  EXPECT_EQ(controls[0].address(), "old@example.org");
  EXPECT_TRUE(AsksForAControl(People(), lookup));
}

TEST(Vouch, AnAbsenceWithAllItsControlsIsVouchedFor) {
  const Answer answer =
      Vouch(People(), Report::Absent(Joe(), Moment()), GoodControls());
  EXPECT_TRUE(answer.absent());
  EXPECT_TRUE(answer.proven());
  EXPECT_EQ(answer.vouched_by(),
            "old@example.org (mail), new@example.org (uid)");
  ASSERT_TRUE(answer.ProofOfAbsence().has_value());
  EXPECT_EQ(answer.ProofOfAbsence()->ToString(),
            "mailbox people:joe@example.org: absent, vouched for by "
            "old@example.org (mail), new@example.org (uid), from ldap://one "
            "connection 3 exchange 17, 08:00:00.000Z +1ms");
}

TEST(Vouch, NoAbsenceOfAProxyIsBelieved) {
  DirectoryPolicy people = People();
  people.proxy = true;
  const Answer answer =
      Vouch(people, Report::Absent(Joe(), Moment()), GoodControls());
  EXPECT_TRUE(answer.unknown());
  EXPECT_NE(answer.reason().find("proxy"), std::string::npos);
}

DirectoryPolicy PeopleOnTwoServers() {
  DirectoryPolicy people = People();
  people.uris = {"ldap://one", "ldap://two"};
  return people;
}

// The proven absence that `server` gives, with its controls.
Answer AbsentFrom(const std::string& server) {
  Origin moment = Moment();
  moment.server = server;
  std::vector<Report> controls = GoodControls();
  for (Report& control : controls) control.origin = moment;
  return Vouch(PeopleOnTwoServers(), Report::Absent(Joe(), moment), controls);
}

TEST(Confirm, AnAbsenceOfOneOfSeveralServersIsNoProof) {
  const Answer one = AbsentFrom("ldap://one");
  EXPECT_TRUE(one.absent() && one.controls_passed());
  EXPECT_FALSE(one.proven());
  EXPECT_FALSE(one.ProofOfAbsence().has_value());
}

TEST(Confirm, TwoServersAreOneProofThatNamesBoth) {
  const Answer both =
      Confirm(AbsentFrom("ldap://one"), AbsentFrom("ldap://two"));
  ASSERT_TRUE(both.ProofOfAbsence().has_value());
  EXPECT_EQ(both.ProofOfAbsence()->ToString(),
            "mailbox people:joe@example.org: absent, vouched for by "
            "old@example.org (mail), new@example.org (uid), from ldap://one "
            "connection 3 exchange 17, 08:00:00.000Z +1ms, and from ldap://two "
            "connection 3 exchange 17, 08:00:00.000Z +1ms");
}

TEST(Confirm, NothingElseIsConfirmedByAnything) {
  const Answer one = AbsentFrom("ldap://one");
  const Answer bare(Report::Absent(Joe(), {"ldap://two", 1, 1, kNoon, kNoon}));
  const Answer present(Report::Present(Joe(), {}, {"ldap://two"}));
  const Answer unknown(Report::Unknown(Joe(), "busy", {"ldap://two"}));
  for (const Answer& second : {one, bare, present, unknown}) {
    for (const Answer& answer : {Confirm(one, second), Confirm(second, one)}) {
      EXPECT_TRUE(answer.unknown()) << second.ToString();
    }
  }
}

TEST(Vouch, PresentAndUnknownStayWhatTheyAre) {
  const Answer present =
      Vouch(People(), Report::Present(Joe(), {"uid=joe"}, Moment()), {});
  EXPECT_TRUE(present.present());
  EXPECT_FALSE(present.ProofOfAbsence().has_value());
  const Answer unknown =
      Vouch(People(), Report::Unknown(Joe(), "busy", Moment()), GoodControls());
  EXPECT_TRUE(unknown.unknown());
  EXPECT_EQ(unknown.reason(), "busy");
}

TEST(Vouch, WhatNobodyVouchedForProvesNothing) {
  EXPECT_FALSE(
      Answer(Report::Absent(Joe(), Moment())).ProofOfAbsence().has_value());
}

// Every way in which an origin, a control or a policy can fall short turns
// the absence into Unknown, and says why.
struct Flaw {
  const char* name;
  std::function<void(DirectoryPolicy&, Report&, std::vector<Report>&)> apply;
  const char* reason;
};

class VouchFlaw : public testing::TestWithParam<Flaw> {};

TEST_P(VouchFlaw, TurnsAnAbsenceIntoUnknown) {
  DirectoryPolicy people = People();
  Report report = Report::Absent(Joe(), Moment());
  std::vector<Report> controls = GoodControls();
  GetParam().apply(people, report, controls);
  const Answer answer = Vouch(people, report, controls);
  EXPECT_TRUE(answer.unknown());
  EXPECT_FALSE(answer.proven());
  EXPECT_FALSE(answer.ProofOfAbsence().has_value());
  EXPECT_EQ(answer.reason(), GetParam().reason);
}

using Controls = std::vector<Report>;
INSTANTIATE_TEST_SUITE_P(
    Each, VouchFlaw,
    testing::Values(
        Flaw{"NoControlAsked", [](auto&, auto&, Controls& c) { c.clear(); },
             "control old@example.org (mail) was not asked with it"},
        Flaw{"OneControlNotAsked",
             [](auto&, auto&, Controls& c) { c.pop_back(); },
             "control new@example.org (uid) was not asked with it"},
        Flaw{"ControlOfAnotherArm",
             [](auto&, auto&, Controls& c) {
               std::get<MailboxLookup>(c[1].lookup).arm = "mail";
             },
             "control new@example.org (uid) was not asked with it"},
        Flaw{"ControlOfAnotherDirectory",
             [](auto&, auto&, Controls& c) {
               std::get<MailboxLookup>(c[0].lookup).directory = "staff";
             },
             "control old@example.org (mail) was not asked with it"},
        Flaw{"ControlMissing",
             [](auto&, auto&, Controls& c) {
               c[1].state = AnswerState::kAbsent;
             },
             "control new@example.org (uid) is missing"},
        Flaw{"ControlUnknown",
             [](auto&, auto&, Controls& c) {
               c[0].state = AnswerState::kUnknown;
               c[0].reason = "busy";
             },
             "control old@example.org (mail) is unknown: busy"},
        Flaw{"ControlFromAnotherServer",
             [](auto&, auto&, Controls& c) {
               c[0].origin.server = "ldap://two";
             },
             "control old@example.org (mail) comes from another moment"},
        Flaw{"ControlFromAnotherConnection",
             [](auto&, auto&, Controls& c) { c[0].origin.connection = 4; },
             "control old@example.org (mail) comes from another moment"},
        Flaw{"ControlFromAnotherSearch",
             [](auto&, auto&, Controls& c) { c[1].origin.exchange = 18; },
             "control new@example.org (uid) comes from another moment"},
        Flaw{"ControlSentAtAnotherTime",
             [](auto&, auto&, Controls& c) {
               c[0].origin.sent -= absl::Seconds(1);
             },
             "control old@example.org (mail) comes from another moment"},
        Flaw{"ReceivedBeforeItWasSent",
             [](auto&, Report& r, Controls& c) {
               for (Report* each : {&r, &c[0], &c[1]}) {
                 each->origin.received = kNoon - absl::Seconds(1);
               }
             },
             "control old@example.org (mail) comes from another moment"},
        Flaw{"NoOriginAtAll",
             [](auto&, Report& r, Controls& c) {
               for (Report* each : {&r, &c[0], &c[1]}) each->origin = {};
             },
             "control old@example.org (mail) comes from another moment"},
        Flaw{"AnArmWithoutAControl",
             [](DirectoryPolicy& p, auto&, Controls& c) {
               p.controls.pop_back();
               c.pop_back();
             },
             "no control covers arm uid"},
        Flaw{"NoControlsConfigured",
             [](DirectoryPolicy& p, auto&, Controls& c) {
               p.controls.clear();
               c.clear();
             },
             "no control covers arm mail"},
        Flaw{"NoFilter",
             [](DirectoryPolicy& p, auto&, auto&) { p.filter = {}; },
             "the filter has no arms"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace mailverdict

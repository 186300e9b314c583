#include "lib/core/dns_vouch.h"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/core/dns_vouch_testing.h"

namespace mailverdict {
namespace {

Report Listed(const std::string& name, std::string value = "127.0.0.2") {
  return Report::Present(Asked(name), {std::move(value)}, AnswerMoment());
}

TEST(VouchDns, AnAbsentNameWithItsControlsIsVouchedFor) {
  const Answer answer = Vouched(Ours(), NoName(Asked("gone.example.net")));
  EXPECT_TRUE(answer.absent());
  EXPECT_TRUE(answer.proven());
  const std::string label = kLabel;
  EXPECT_EQ(answer.vouched_by(), label + ".control.example.org A, " +
                                     "zero.example.org A, no " + label +
                                     ".com A, no " + label + ".com MX");
  // Alone it proves nothing: the name may have records of other types.
  EXPECT_FALSE(answer.ProofOfAbsence().has_value());
}

TEST(VouchDns, WhatIsThereIsVouchedForWithItsControls) {
  const Answer null_mx =
      Vouched(Ours(), Report::Present(Asked("example.net", DnsType::kMx),
                                      {"0 ."}, AnswerMoment()));
  ASSERT_TRUE(null_mx.ProofOfPresence().has_value());
  // Negative controls are enough: they show that the server invents nothing.
  EXPECT_TRUE(Vouched(WithoutControls(),
                      Report::Present(Asked("example.net", DnsType::kMx),
                                      {"0 ."}, AnswerMoment()))
                  .proven());
  const Answer listed = Vouched(Ours(), Listed("1.2.0.192.bl.example.org"));
  ASSERT_TRUE(listed.ProofOfPresence().has_value());
  EXPECT_EQ(listed.vouched_by().rfind("2.0.0.127.bl.example.org A, no ", 0),
            0u);
}

TEST(VouchDns, AUnknownAnswerStaysOne) {
  const Answer answer = Vouched(
      Ours(), Report::Unknown(Asked("example.net"), "busy", AnswerMoment()));
  EXPECT_TRUE(answer.unknown());
  EXPECT_EQ(answer.reason(), "busy");
}

// One report of each kind that its controls can vouch for.
std::vector<Report> Vouchable() {
  return {NoName(Asked("gone.example.net", DnsType::kMx)),
          Report::Present(Asked("example.net", DnsType::kMx), {"0 ."},
                          AnswerMoment()),
          Listed("1.2.0.192.bl.example.org"),
          Listed("example.net.bl.example.org"),
          NoName(Asked("1.2.0.192.ok.example.org"))};
}

// For each of these reports, spoils each control in turn for which `spoil` is
// true, and expects that the answer becomes Unknown with these words.
void ExpectObjection(
    const std::string& said,
    const std::function<bool(const DnsControl&, Report*)>& spoil) {
  int spoiled = 0;
  for (const Report& report : Vouchable()) {
    const auto& lookup = std::get<DnsLookup>(report.lookup);
    const std::vector<DnsControl> wanted =
        DnsControlsFor(Ours(), lookup, kRandom);
    const std::vector<Report> good = AsItShouldBe(Ours(), lookup);
    ASSERT_TRUE(VouchDns(Ours(), kRandom, report, good).proven());
    for (size_t i = 0; i < wanted.size(); ++i) {
      std::vector<Report> controls = good;
      if (!spoil(wanted[i], &controls[i])) continue;
      ++spoiled;
      const Answer answer = VouchDns(Ours(), kRandom, report, controls);
      EXPECT_TRUE(answer.unknown()) << wanted[i].lookup.name;
      EXPECT_FALSE(answer.controls_passed());
      EXPECT_EQ(answer.reason(), "control " + wanted[i].lookup.name + " " +
                                     ToString(wanted[i].lookup.type) + said);
      EXPECT_EQ(answer.lookup(), report.lookup);
      EXPECT_EQ(answer.origin().exchange, 7u);
    }
  }
  EXPECT_GT(spoiled, 0);
}

TEST(VouchDns, AControlThatWasNotAskedIsHeldAgainstTheAnswer) {
  ExpectObjection(" was not asked with it",
                  [](const DnsControl&, Report* control) {
                    std::get<DnsLookup>(control->lookup).name += ".net";
                    return true;
                  });
  ExpectObjection(" was not asked with it",
                  [](const DnsControl&, Report* control) {
                    std::get<DnsLookup>(control->lookup).type = DnsType::kAaaa;
                    return true;
                  });
}

TEST(VouchDns, AControlThatIsUnknownIsHeldAgainstTheAnswer) {
  ExpectObjection(" is unknown: timed out", [](const DnsControl&,
                                               Report* control) {
    *control = Report::Unknown(control->lookup, "timed out", control->origin);
    return true;
  });
}

TEST(VouchDns, AControlOfAnotherServerOrMomentIsHeldAgainstTheAnswer) {
  const char kSaid[] = " comes from another server or moment";
  for (const char* server : {"192.0.2.54", "192.0.2.53:5353", ""}) {
    ExpectObjection(kSaid, [server](const DnsControl&, Report* control) {
      control->origin.server = server;
      return true;
    });
  }
  // Sent before the answer had come.
  ExpectObjection(kSaid, [](const DnsControl&, Report* control) {
    control->origin.sent -= absl::Nanoseconds(1);
    return true;
  });
  // Two answers without a server do not count as from the same server.
  Report report = Listed("1.2.0.192.bl.example.org");
  report.origin.server = "";
  std::vector<Report> controls =
      AsItShouldBe(Ours(), Asked("1.2.0.192.bl.example.org"));
  for (Report& control : controls) control.origin.server = "";
  EXPECT_TRUE(VouchDns(Ours(), kRandom, report, controls).unknown());
}

TEST(VouchDns, AControlThatIsMissingIsHeldAgainstTheAnswer) {
  ExpectObjection(" is missing", [](const DnsControl& wanted, Report* control) {
    *control = NoName(wanted.lookup);
    control->origin = ControlMoment();
    return wanted.present;
  });
}

TEST(VouchDns, AnInventedNameIsHeldAgainstTheAnswer) {
  ExpectObjection(" is there, and should not be", [](const DnsControl& wanted,
                                                     Report* control) {
    *control = Report::Present(wanted.lookup, {"127.0.0.2"}, ControlMoment());
    return !wanted.present;
  });
}

TEST(VouchDns, AControlThatMayBeCachedIsHeldAgainstTheAnswer) {
  ExpectObjection(" has a TTL, so it may come from a cache",
                  [](const DnsControl& wanted, Report* control) {
                    control->dns.ttl = absl::Seconds(1);
                    return wanted.uncached;
                  });
}

TEST(VouchDns, AListThatAnswersItsControlByAnErrorIsNotBelieved) {
  for (const char* error : {"127.255.255.254", "192.0.2.1"}) {
    ExpectObjection(
        std::string(" is answered by an error: 127.0.0.2, ") + error,
        [error](const DnsControl& wanted, Report* control) {
          control->values.push_back(error);
          return wanted.present && Ours().FindListOfName(wanted.lookup.name);
        });
  }
}

TEST(VouchDns, AListsAnswerThatIsAnErrorIsUnknown) {
  const Answer answer =
      Vouched(Ours(), Listed("1.2.0.192.bl.example.org", "127.255.255.254"));
  EXPECT_TRUE(answer.unknown());
  EXPECT_EQ(answer.reason(), "the list answers by an error: 127.255.255.254");
  // A TXT record is not judged as a listing.
  EXPECT_TRUE(
      Vouched(Ours(),
              Report::Present(Asked("1.2.0.192.bl.example.org", DnsType::kTxt),
                              {"see example.org"}, AnswerMoment()))
          .present());
}

// A report that no control can vouch for stays as it is.
void ExpectNotVouchedFor(const Policy& policy, const Report& report) {
  const Answer answer = Vouched(policy, report);
  EXPECT_EQ(answer.state(), report.state);
  EXPECT_FALSE(answer.controls_passed()) << answer.ToString();
}

TEST(VouchDns, OnlyTheSoaOfAZoneAboveProvesThatThereIsNoName) {
  Report report = NoName(Asked("gone.example.net"));
  for (const char* above : {".", "net", "example.net"}) {
    report.dns.zone = above;
    EXPECT_TRUE(Vouched(Ours(), report).proven()) << above;
  }
  for (const char* not_above : {"", "gone.example.net", "a.gone.example.net",
                                "org", "ample.net", "e.net", "et"}) {
    report.dns.zone = not_above;
    ExpectNotVouchedFor(Ours(), report);
  }
}

TEST(VouchDns, WhatAnAliasLeadsToIsAnotherName) {
  Report report = NoName(Asked("gone.example.net"));
  report.dns.alias_target = "elsewhere.example.com";
  ExpectNotVouchedFor(Ours(), report);
}

TEST(VouchDns, NoSuchDataIsNotNoSuchName) {
  Report report = NoName(Asked("example.net", DnsType::kMx));
  report.absence = Absence::kNoData;
  ExpectNotVouchedFor(Ours(), report);
}

TEST(VouchDns, WithoutAPositiveControlNothingIsProvenMissing) {
  ExpectNotVouchedFor(WithoutControls(), NoName(Asked("gone.example.net")));
  ExpectNotVouchedFor(WithoutControls(),
                      NoName(Asked("1.2.0.192.ok.example.org")));
}

TEST(VouchDns, WithoutAnyControlNothingIsVouchedFor) {
  Policy policy = WithoutControls();
  policy.dns.absent_below.clear();
  ExpectNotVouchedFor(policy, NoName(Asked("gone.example.net")));
  ExpectNotVouchedFor(
      policy, Report::Present(Asked("example.net", DnsType::kMx), {"0 ."},
                              AnswerMoment()));
}

TEST(VouchDns, OfListsOnlyAnAllowListsNoCanBeVouchedFor) {
  ExpectNotVouchedFor(Ours(), NoName(Asked("1.2.0.192.bl.example.org")));
  Report no_data = NoName(Asked("example.net.ok.example.org"));
  no_data.absence = Absence::kNoData;
  EXPECT_TRUE(Vouched(Ours(), no_data).proven());
  // No domain below a list's zone is ever proven missing by it.
  const Answer mx =
      Vouched(Ours(), NoName(Asked("a.ok.example.org", DnsType::kMx)));
  const Answer a = Vouched(Ours(), NoName(Asked("a.ok.example.org")));
  const Answer aaaa =
      Vouched(Ours(), NoName(Asked("a.ok.example.org", DnsType::kAaaa)));
  EXPECT_FALSE(mx.proven());
  EXPECT_TRUE(a.proven());
  EXPECT_FALSE(aaaa.proven());
  EXPECT_FALSE(Proof::OfNoName(mx, a, aaaa).has_value());
}

class OfNoName : public testing::Test {
 protected:
  static Answer Gone(DnsType type, std::string name = "gone.example.net") {
    return Vouched(Ours(), NoName(Asked(std::move(name), type)));
  }
  const Answer mx_ = Gone(DnsType::kMx);
  const Answer a_ = Gone(DnsType::kA);
  const Answer aaaa_ = Gone(DnsType::kAaaa);
};

TEST_F(OfNoName, ThreeVouchedAnswersAreAProofThatCitesThem) {
  const std::optional<Proof> proof = Proof::OfNoName(mx_, a_, aaaa_);
  ASSERT_TRUE(proof.has_value());
  ASSERT_EQ(proof->cited().size(), 3u);
  EXPECT_EQ(proof->cited()[0].lookup(), mx_.lookup());
  EXPECT_EQ(proof->cited()[1].lookup(), a_.lookup());
  EXPECT_EQ(proof->cited()[2].lookup(), aaaa_.lookup());
  EXPECT_EQ(proof->ToString().find(
                "dns gone.example.net MX with controls: absent: no such name, "
                "vouched for by "),
            0u);
}

TEST_F(OfNoName, EachOfTheThreeIsNeeded) {
  const Answer good[] = {mx_, a_, aaaa_};
  const DnsType types[] = {DnsType::kMx, DnsType::kA, DnsType::kAaaa};
  for (size_t i = 0; i < 3; ++i) {
    const auto lookup = Asked("gone.example.net", types[i]);
    Report no_data = NoName(lookup);
    no_data.absence = Absence::kNoData;
    const Answer others[] = {
        Answer(Report::Unknown(lookup, "busy")),
        Answer(NoName(lookup)),  // nobody vouches for it
        Vouched(Ours(), no_data),
        Vouched(Ours(), Report::Present(lookup, {"192.0.2.1"}, AnswerMoment())),
        Gone(types[i], "other.example.net"),
        good[(i + 1) % 3],
        Answer(Report::Absent(
            HistoryLookup{HistoryLookup::Kind::kMissingDomain, "x"})),
    };
    for (const Answer& other : others) {
      Answer three[] = {mx_, a_, aaaa_};
      three[i] = other;
      EXPECT_FALSE(Proof::OfNoName(three[0], three[1], three[2]).has_value())
          << i << ": " << other.ToString();
    }
  }
}

}  // namespace
}  // namespace mailverdict

// The check `domain` and DNS: what becomes of each answer, and that no unproven
// answer becomes a rejection.

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/checks/build_chain.h"
#include "lib/core/chain.h"
#include "lib/core/dns_vouch.h"
#include "lib/core/missing_domain.h"

namespace mailverdict {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
constexpr uint64_t kRandom = 7;

using Learn = DomainCheckPolicy::Learn;

std::shared_ptr<Policy> LearningPolicy(Learn learn) {
  auto policy = std::make_shared<Policy>();
  policy->dns.controls.push_back({"control.example.org", true});
  DomainCheckPolicy check;
  check.shipped_list = false;
  check.learn = learn;
  policy->checks = {check};
  return policy;
}

// The answers of one DNS server.
struct World {
  // By "NAME TYPE"; whatever is not here does not exist.
  std::map<std::string, Report> answers;
  bool cut_off = false;  // it says of everything that it does not exist
  bool invents = false;  // what does not exist has an address, and a null MX
  std::optional<MissingDomain> memory;
  bool memory_fails = false;

  World& Has(const std::string& what, std::vector<std::string> values) {
    answers[what].state = AnswerState::kPresent;
    answers[what].values = std::move(values);
    return *this;
  }
  World& NoData(const std::string& what) {
    answers[what].state = AnswerState::kAbsent;
    answers[what].absence = Absence::kNoData;
    return *this;
  }
  World& Unknown(const std::string& what) {
    answers[what].state = AnswerState::kUnknown;
    answers[what].reason = "it answers SERVFAIL";
    return *this;
  }

  // Asked so many seconds after kNow.
  Report Ask(const DnsLookup& lookup, int seconds) const {
    Report report;
    const auto known =
        answers.find(absl::StrCat(lookup.name, " ", ToString(lookup.type)));
    if (known != answers.end() && !cut_off) {
      report = known->second;
    } else if (invents) {
      report.state = AnswerState::kPresent;
      report.values = {lookup.type == DnsType::kMx ? "0 ." : "192.0.2.1"};
    } else if (!cut_off &&
               lookup.name.find(".control.example.org") != std::string::npos) {
      report.state = AnswerState::kPresent;
      report.values = {"192.0.2.1"};
    } else {
      report.state = AnswerState::kAbsent;
      report.absence = Absence::kNoName;
      report.dns.zone = ".";
    }
    report.lookup = lookup;
    report.origin.server = "192.0.2.53";
    report.origin.sent = kNow + absl::Seconds(seconds);
    report.origin.received = report.origin.sent;
    return report;
  }

  Answer AnswerTo(const Policy& policy, const Lookup& lookup) const {
    if (const auto* history = std::get_if<HistoryLookup>(&lookup)) {
      if (memory_fails) return Answer(Report::Unknown(*history, "no disk"));
      if (!memory.has_value()) return Answer(Report::Absent(*history));
      return Answer(Report::Present(*history, memory->ToValues()));
    }
    const auto& dns = std::get<DnsLookup>(lookup);
    if (!dns.with_controls) return Answer(Ask(dns, 0));
    std::vector<Report> controls;
    for (const DnsControl& control : DnsControlsFor(policy, dns, kRandom)) {
      controls.push_back(Ask(control.lookup, 1));
    }
    return VouchDns(policy, kRandom, Ask(dns, 0), controls);
  }
};

Transaction About(Stage stage, const std::string& address) {
  Transaction tx;
  tx.stage = stage;
  tx.now = kNow;
  tx.client = "198.51.100.9";
  tx.sender = stage == Stage::kMail ? address : "ann@example.net";
  if (stage == Stage::kRcpt) tx.recipient = address;
  return tx;
}

// Asks `world` until there is a verdict; into `asked` goes what was asked.
Verdict Judge(const std::shared_ptr<Policy>& policy, const World& world,
              const Transaction& tx, Evidence* evidence,
              std::vector<std::string>* asked = nullptr) {
  const Chain chain = BuildChain(policy);
  for (int round = 0; round < 30; ++round) {
    Evaluation found = Evaluate(chain, tx, *evidence);
    if (auto* verdict = std::get_if<Verdict>(&found)) return *verdict;
    for (const Lookup& lookup : std::get<std::vector<Lookup>>(found)) {
      if (asked != nullptr) asked->push_back(ToString(lookup));
      evidence->Add(world.AnswerTo(*policy, lookup));
    }
  }
  ADD_FAILURE() << "no verdict";
  return Verdict::Pass();
}

std::string Line(const World& world, Learn learn = Learn::kOff,
                 Stage stage = Stage::kMail,
                 std::vector<std::string>* asked = nullptr) {
  Evidence evidence;
  return Judge(LearningPolicy(learn), world, About(stage, "joe@bad.com"),
               &evidence, asked)
      .Line();
}

World SomeHost() {
  return World()
      .Has("bad.com MX", {"20 mx2.bad.com", "10 mx1.bad.com"})
      .Has("mx1.bad.com A", {"192.0.2.1"});
}
World NullMx() { return World().Has("bad.com MX", {"0 ."}); }

MissingDomain Known(int messages, absl::Duration ago) {
  return {kNow - ago, kNow - absl::Hours(1), messages};
}

TEST(DomainInDns, APublicHostPassesAfterTwoQuestions) {
  std::vector<std::string> asked;
  EXPECT_EQ(Line(SomeHost(), Learn::kOn, Stage::kMail, &asked), "pass");
  EXPECT_EQ(asked,
            (std::vector<std::string>{"dns bad.com MX", "dns mx1.bad.com A"}));
}

TEST(DomainInDns, WithoutAnMxTheDomainIsItsOwnHost) {
  World world;
  world.NoData("bad.com MX")
      .NoData("bad.com A")
      .Has("bad.com AAAA", {"2001:db8::1"});
  EXPECT_EQ(Line(world), "pass");
}

TEST(DomainInDns, OneHostAfterTheOtherIsLookedAt) {
  World world;
  world.Has("bad.com MX", {"5 .", "10 a.bad.com", "20 b.bad.com"})
      .Unknown("a.bad.com A")
      .Has("b.bad.com AAAA", {"2001:db8::1"});
  EXPECT_EQ(Line(world), "pass [it answers SERVFAIL]");
  World many;
  many.Has("bad.com MX", {"1 a.bad.com", "2 b.bad.com", "3 c.bad.com",
                          "4 d.bad.com", "5 e.bad.com", "6 f.bad.com"});
  EXPECT_EQ(Line(many), "pass") << "the sixth is not asked for";
}

TEST(DomainInDns, WhatIsNotThereIsDeferredEachInItsOwnWords) {
  EXPECT_EQ(Line(World()),
            "domain defer 451 4.1.8 Sender domain does not exist [no such "
            "name]");
  EXPECT_EQ(Line(World(), Learn::kOff, Stage::kRcpt),
            "domain defer 451 4.1.2 Recipient domain does not exist [no such "
            "name]");
  World no_host;
  no_host.Has("bad.com MX", {"10 mx.bad.com"});
  EXPECT_EQ(Line(no_host),
            "domain defer 451 4.1.8 Sender domain has no mail host with a "
            "public address [no host has an address]");
  World no_data;
  no_data.NoData("bad.com MX").NoData("bad.com A").NoData("bad.com AAAA");
  EXPECT_EQ(Line(no_data, Learn::kOff, Stage::kRcpt),
            "domain defer 451 4.1.2 Recipient domain has no mail host with a "
            "public address [no host has an address]");
  const std::string unsure =
      "domain defer 451 4.4.3 Domain cannot be looked up right now, try again "
      "later [DNS could not be asked";
  World unknown;
  unknown.Unknown("bad.com MX");
  EXPECT_EQ(Line(unknown), unsure + "; it answers SERVFAIL]");
  World host;
  host.Has("bad.com MX", {"10 mx1.bad.com"}).Unknown("mx1.bad.com A");
  EXPECT_EQ(Line(host), unsure + " for its hosts; it answers SERVFAIL]");
}

TEST(DomainInDns, AHostThatNobodyCanReachIsDeferred) {
  for (const char* address : {"127.0.0.1", "0.0.0.0", "10.1.2.3", "172.31.0.1",
                              "192.168.1.1", "100.64.0.1", "169.254.1.1"}) {
    World world;
    world.Has("bad.com MX", {"10 mx.bad.com"}).Has("mx.bad.com A", {address});
    EXPECT_EQ(Line(world),
              "domain defer 451 4.1.8 Sender domain has no mail host with a "
              "public address [the hosts' addresses are not public]")
        << address;
    world.Has("mx.bad.com A", {address, "192.0.2.1"});
    EXPECT_EQ(Line(world), "pass");
  }
  for (const char* address : {"::1", "::", "fd00::1", "fe80::1"}) {
    World world;
    world.Has("bad.com MX", {"10 mx.bad.com"})
        .Has("mx.bad.com AAAA", {address});
    EXPECT_NE(Line(world).find("not public"), std::string::npos) << address;
  }
}

TEST(DomainInDns, ANullMxIsRejectedOnceAnInventorIsRuledOut) {
  EXPECT_EQ(Line(NullMx()),
            "domain reject 550 5.7.27 Sender address has null MX");
  EXPECT_EQ(Line(NullMx(), Learn::kOff, Stage::kRcpt),
            "domain reject 556 5.1.10 Recipient address has null MX");
  World invents;
  invents.invents = true;
  EXPECT_EQ(Line(invents),
            "domain defer 451 4.4.3 Domain cannot be looked up right now, try "
            "again later [DNS gave no proof of the null MX; control "
            "mv0000000000000007.com A is there, and should not be]");
  // RFC 7505 3: alone, and with preference 0.
  World other;
  other.Has("bad.com MX", {"10 ."});
  EXPECT_NE(Line(other).find("no host has an address"), std::string::npos);
}

TEST(DomainInDns, WhenUnsurePassesByPolicy) {
  const auto policy = LearningPolicy(Learn::kOn);
  std::get<DomainCheckPolicy>(policy->checks[0]).when_unsure =
      WhenUnsure::kPass;
  World world;
  world.Unknown("bad.com MX");
  Evidence evidence;
  const Verdict verdict =
      Judge(policy, world, About(Stage::kMail, "joe@bad.com"), &evidence);
  EXPECT_EQ(verdict.Line(),
            "pass [DNS could not be asked; it answers SERVFAIL]");
}

TEST(Learning, OnlyWhatIsLearnedAndProvenNowIsRejected) {
  World world;
  EXPECT_EQ(Line(world, Learn::kOn),
            "domain defer 451 4.1.8 Sender domain does not exist [no such "
            "name, proven; not learned yet]");
  world.memory = Known(3, absl::Hours(24));
  EXPECT_EQ(Line(world, Learn::kOn),
            "domain reject 550 5.1.8 Sender domain does not exist [learned]");
  EXPECT_EQ(Line(world, Learn::kOn, Stage::kRcpt),
            "domain reject 550 5.1.2 Recipient domain does not exist "
            "[learned]");
  EXPECT_EQ(Line(world, Learn::kShadow),
            "domain defer 451 4.1.8 Sender domain does not exist [no such "
            "name, proven; learned, in shadow]");
  EXPECT_EQ(Line(world, Learn::kOff),
            "domain defer 451 4.1.8 Sender domain does not exist [no such "
            "name]");
  MissingDomain long_ago = Known(32, absl::Hours(100));
  long_ago.last = kNow - absl::Hours(25);
  MissingDomain ahead = Known(32, absl::Hours(100));  // the clock went back
  ahead.last = kNow + absl::Hours(1);
  for (const MissingDomain& known :
       {Known(2, absl::Hours(100)), Known(32, absl::Hours(23)), long_ago,
        ahead}) {
    world.memory = known;
    EXPECT_NE(Line(world, Learn::kOn).find("not learned yet"),
              std::string::npos);
  }
  world.memory->mark = MissingDomain::Mark::kPinned;
  EXPECT_NE(Line(world, Learn::kOn).find("reject"), std::string::npos);
}

TEST(Learning, ACutOffResolverIsNotBelieved) {
  World world;
  world.cut_off = true;
  world.memory = Known(32, absl::Hours(1000));
  world.memory->mark = MissingDomain::Mark::kPinned;
  EXPECT_EQ(Line(world, Learn::kOn),
            "domain defer 451 4.4.3 Domain cannot be looked up right now, try "
            "again later [DNS says that there is no such name, and is not "
            "believed; control mv0000000000000007.control.example.org A is "
            "missing]");
}

TEST(Learning, WithoutAControlNothingIsAskedAndNothingLearned) {
  const auto policy = LearningPolicy(Learn::kOn);
  policy->dns.controls.clear();
  World world;
  world.memory = Known(32, absl::Hours(1000));
  Evidence evidence;
  std::vector<std::string> asked;
  const Verdict verdict = Judge(
      policy, world, About(Stage::kMail, "joe@bad.com"), &evidence, &asked);
  EXPECT_EQ(verdict.disposition(), Disposition::kDefer);
  EXPECT_EQ(asked, std::vector<std::string>{"dns bad.com MX"});
  EXPECT_TRUE(verdict.observations().empty());
}

TEST(Learning, ADomainThatIsThereIsForgotten) {
  World no_host;
  no_host.NoData("bad.com MX").NoData("bad.com A").NoData("bad.com AAAA");
  World hosts_unknown;
  hosts_unknown.Has("bad.com MX", {"10 mx.bad.com"}).Unknown("mx.bad.com A");
  World again;  // it is there by now, though the cache does not know
  again.Has("bad.com A", {"192.0.2.1"});
  World no_data;
  no_data.NoData("bad.com AAAA");
  for (const World& world :
       {SomeHost(), no_host, NullMx(), hosts_unknown, again, no_data}) {
    Evidence evidence;
    const Verdict verdict =
        Judge(LearningPolicy(Learn::kOn), world,
              About(Stage::kMail, "joe@bad.com"), &evidence);
    ASSERT_EQ(verdict.observations().size(), 1u);
    const Observation& seen = verdict.observations()[0];
    EXPECT_EQ(seen.kind, Observation::Kind::kPresent);
    EXPECT_EQ(ToString(seen.about), "missing domain bad.com");
  }
}

TEST(Learning, AttemptsOfOneMessageAreOne) {
  const auto message = [](Transaction tx) {
    Evidence evidence;
    const Verdict verdict =
        Judge(LearningPolicy(Learn::kOn), World(), tx, &evidence);
    EXPECT_EQ(verdict.observations().size(), 1u);
    EXPECT_EQ(verdict.observations()[0].kind, Observation::Kind::kMissed);
    return verdict.observations()[0].message;
  };
  const Transaction first = About(Stage::kRcpt, "joe@bad.com");
  Transaction again = first;
  again.client = "198.51.100.77";
  again.now += absl::Hours(1);
  EXPECT_EQ(message(first), message(again));
  Transaction other = first;
  other.client = "198.51.101.9";
  EXPECT_NE(message(first), message(other));
  other = first;
  other.sender = "bob@example.net";
  EXPECT_NE(message(first), message(other));
  other = About(Stage::kRcpt, "jim@bad.com");
  EXPECT_NE(message(first), message(other));
}

// In every world, each answer that a rejection cites is vouched for (or is the
// memory), and were it Unknown there would be no rejection.
TEST(Learning, NoRejectionOutlivesAnAnswerThatItCites) {
  int rejections = 0;
  for (const bool null_mx : {false, true}) {
    for (const bool cut_off : {false, true}) {
      for (const bool invents : {false, true}) {
        for (const bool memory_fails : {false, true}) {
          World world = null_mx ? NullMx() : World();
          world.cut_off = cut_off;
          world.invents = invents;
          world.memory_fails = memory_fails;
          world.memory = Known(3, absl::Hours(24));
          const auto policy = LearningPolicy(Learn::kOn);
          const Transaction tx = About(Stage::kMail, "joe@bad.com");
          Evidence evidence;
          const Verdict verdict = Judge(policy, world, tx, &evidence);
          EXPECT_EQ(verdict.disposition() == Disposition::kReject,
                    !cut_off && !invents && (null_mx || !memory_fails));
          if (verdict.disposition() != Disposition::kReject) continue;
          ++rejections;
          ASSERT_FALSE(verdict.proof()->cited().empty());
          for (const Answer& cited : verdict.proof()->cited()) {
            EXPECT_TRUE(cited.proven() ||
                        std::holds_alternative<HistoryLookup>(cited.lookup()));
            Evidence without;
            without.Add(Answer(Report::Unknown(cited.lookup(), "lost")));
            for (const Answer& answer : evidence.answers()) without.Add(answer);
            EXPECT_NE(Judge(policy, world, tx, &without).disposition(),
                      Disposition::kReject)
                << ToString(cited.lookup());
          }
        }
      }
    }
  }
  EXPECT_EQ(rejections, 3);
}

}  // namespace
}  // namespace mailverdict

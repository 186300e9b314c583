// How an engine handles lookups in DNS: which servers it asks, what it keeps,
// and how long it waits.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "lib/core/replies.h"
#include "lib/engine/engine.h"
#include "lib/history/memory_history.h"
#include "lib/loop/manual_executor_testing.h"
#include "lib/resolver/scripted_names_testing.h"

namespace mailverdict {
namespace {

// A check that asks for its lookups one after the other. A proven presence
// rejects, an unknown answer defers. If it is made not to wait, it starts the
// lookups ahead and passes.
class AskingCheck final : public Check {
 public:
  AskingCheck(std::vector<DnsLookup> lookups, bool waits)
      : Check(Policy(), CheckOptions()),
        lookups_(std::move(lookups)),
        waits_(waits) {}
  FixedText name() const override { return "asking"; }
  Stage stage() const override { return Stage::kRcpt; }
  FactSet reads() const override { return {Fact::kRecipient}; }
  Scope scope() const override { return Scope::kRecipient; }
  Finding Examine(const Facts&, Inquiry& ask) const override {
    bool unsure = false;
    for (const DnsLookup& lookup : lookups_) {
      const Answer* answer = ask.Ask(lookup);
      if (answer == nullptr && !waits_) continue;
      if (answer == nullptr) return Finding::Pending();
      if (std::optional<Proof> proof = answer->ProofOfPresence()) {
        return Verdict::Reject(replies::kClientListed, *std::move(proof));
      }
      unsure |= answer->unknown();
    }
    return unsure ? Verdict::Defer(replies::kDomainUnsure) : Verdict::Pass();
  }

 private:
  const std::vector<DnsLookup> lookups_;
  const bool waits_;
};

const DnsLookup kMx{"example.org", DnsType::kMx};
const DnsLookup kListed{"2.2.0.192.list.example", DnsType::kA};
const DnsLookup kListedProof{kListed.name, DnsType::kA, true};

Policy TestPolicy() {
  Policy policy;
  DnsblCheckPolicy dnsbl;
  dnsbl.lists.emplace_back().zone = "list.example";
  policy.checks = {dnsbl};
  return policy;
}

class EngineDnsTest : public testing::Test {
 protected:
  // Verdicts under way hold their engine until the deadline.
  ~EngineDnsTest() override { loop.Advance(absl::Seconds(4)); }

  void Make(std::vector<DnsLookup> lookups, Policy policy = TestPolicy()) {
    Engine::Services services;
    services.dns = [this](std::shared_ptr<const Policy>) {
      names = std::make_shared<ScriptedNames>(&loop);
      names->instant = [this](const ScriptedNames::Call& call) {
        return SayOfAControl(call);
      };
      return names;
    };
    services.chain = [lookups = std::move(lookups), this](const auto&,
                                                          const auto&) {
      Chain chain;
      chain.push_back(std::make_unique<AskingCheck>(lookups, waits));
      return chain;
    };
    engine = Engine::Create(
        std::make_shared<const Policy>(std::move(policy)), &loop, &history,
        services, [this](const std::string& line) { log.push_back(line); });
  }
  // Controls are answered at once, everything else when the test says so.
  std::optional<Report> SayOfAControl(const ScriptedNames::Call& call) const {
    if (!call.only_there) return std::nullopt;
    if (list_is_dead && absl::EndsWith(call.lookup.name, ".list.example")) {
      return Report::Unknown(call.lookup, "no answer within 1s");
    }
    return call.lookup.name == "2.0.0.127.list.example"
               ? ScriptedNames::PresentReport(call.lookup, absl::ZeroDuration(),
                                              {"127.0.0.2"})
               : ScriptedNames::NoName(call.lookup, absl::ZeroDuration());
  }
  void Judge() {
    Transaction transaction;
    transaction.stage = Stage::kRcpt;
    began = loop.Now();
    engine->Judge(transaction, [this](const Transaction&, const Verdict& v) {
      verdicts.push_back(v);
      took = loop.Now() - began;
    });
  }
  size_t calls() const { return names->calls.size(); }
  Disposition last() const { return verdicts.back().disposition(); }
  bool LastSays(const std::string& words) const {
    return absl::StrContains(verdicts.back().Tree(), words);
  }

  ManualExecutor loop;
  MemoryHistory history;
  bool list_is_dead = false;
  bool waits = true;
  std::shared_ptr<ScriptedNames> names;
  std::shared_ptr<Engine> engine;
  std::vector<Verdict> verdicts;
  std::vector<std::string> log;
  absl::Time began;
  absl::Duration took;  // the last verdict
};

TEST_F(EngineDnsTest, AsksTheServersAndKeepsWhatTheySay) {
  Make({kMx});
  Judge();
  ASSERT_EQ(calls(), 1u);
  EXPECT_EQ(names->calls[0].lookup, kMx);
  names->Present(0, absl::Hours(1));
  ASSERT_EQ(verdicts.size(), 1u);
  EXPECT_EQ(last(), Disposition::kPass);
  Judge();
  EXPECT_EQ(verdicts.size(), 2u);
  EXPECT_EQ(calls(), 1u);
  EXPECT_EQ(loop.timers(), 1u);  // the list's next test
}

TEST_F(EngineDnsTest, VerdictsUnderWayShareAQuestion) {
  Make({kMx});
  for (int i = 0; i < 10; ++i) Judge();
  EXPECT_EQ(calls(), 1u);
  names->Unknown(0);
  EXPECT_EQ(verdicts.size(), 10u);
  EXPECT_EQ(last(), Disposition::kDefer);
  Judge();
  EXPECT_EQ(calls(), 2u);
}

TEST_F(EngineDnsTest, WhatIsAskedAheadIsThereWhenItIsWanted) {
  waits = false;
  Make({kMx, kListed});
  Judge();
  EXPECT_EQ(verdicts.size(), 1u);  // nobody has waited
  ASSERT_EQ(calls(), 2u);
  names->Present(0, absl::Hours(1));
  names->Absent(1, Absence::kNoName, absl::Hours(1));
  waits = true;
  engine->SetOverrides({});  // makes the chain anew
  Judge();
  EXPECT_EQ(verdicts.size(), 2u);
  EXPECT_EQ(calls(), 2u);
}

TEST_F(EngineDnsTest, AListingIsProvenByTheControlsOfItsList) {
  Make({kListed, kListedProof});
  loop.Advance(absl::Seconds(1));
  Judge();
  names->Present(0, absl::Hours(1), {"127.0.0.2"});
  ASSERT_EQ(calls(), 2u);
  EXPECT_EQ(names->calls[1].lookup, kListedProof);  // it is asked anew
  names->Present(1, absl::Hours(1), {"127.0.0.2"});
  ASSERT_EQ(verdicts.size(), 1u);
  EXPECT_EQ(last(), Disposition::kReject);
  EXPECT_TRUE(LastSays("vouched for by 2.0.0.127.list.example A"));
  Judge();
  EXPECT_EQ(calls(), 2u);  // the proof is kept, too
  EXPECT_EQ(last(), Disposition::kReject);
}

TEST_F(EngineDnsTest, AProofIsForgottenWhenItsListFails) {
  Make({kListed, kListedProof});
  loop.Advance(absl::Minutes(9) + absl::Seconds(59));
  Judge();
  names->Present(0, absl::Hours(1), {"127.0.0.2"});
  names->Present(1, absl::Hours(1), {"127.0.0.2"});
  EXPECT_EQ(last(), Disposition::kReject);
  list_is_dead = true;
  loop.Advance(absl::Minutes(10));  // it is tested
  EXPECT_TRUE(
      engine
          ->DnsServers(
              &engine->policy().FindCheck<DnsblCheckPolicy>()->lists[0])[0]
          .failing);
  ASSERT_FALSE(log.empty());
  EXPECT_TRUE(absl::StartsWith(log[0], "list list.example (192.0.2.53) FAILS"));
  Judge();
  EXPECT_EQ(last(), Disposition::kDefer);
  EXPECT_TRUE(LastSays("the list fails"));
}

// Asked within the proof's lifetime, so that it is not its age that ends it.
TEST_F(EngineDnsTest, AProofOfAListThatHasJustFailedRejectsNobody) {
  const DnsLookup other{"9.2.0.192.list.example", DnsType::kA};
  Make({other, kListed, kListedProof});
  loop.Advance(absl::Seconds(1));
  Judge();
  names->Present(0, absl::ZeroDuration(), {"127.0.0.2"});  // is asked each time
  names->Present(1, absl::Hours(1), {"127.0.0.2"});
  names->Present(2, absl::Hours(1), {"127.0.0.2"});
  ASSERT_EQ(last(), Disposition::kReject);
  const absl::Time proven = loop.Now();
  loop.Advance(absl::Seconds(2));
  Judge();
  names->Present(3, absl::ZeroDuration(), {"127.0.0.2"});
  ASSERT_EQ(last(), Disposition::kReject);
  ASSERT_EQ(calls(), 4u);  // by the proof that is kept
  list_is_dead = true;
  Judge();
  names->Unknown(4);  // a round tests the list
  loop.RunReady();
  ASSERT_TRUE(
      engine
          ->DnsServers(
              &engine->policy().FindCheck<DnsblCheckPolicy>()->lists[0])[0]
          .failing);
  Judge();
  EXPECT_EQ(last(), Disposition::kDefer);
  EXPECT_LT(loop.Now() - proven, DnsCache::kKeepProof);
  // The proof stays forgotten when the list is well again.
  list_is_dead = false;
  loop.Advance(absl::Seconds(2));
  Judge();
  names->Present(calls() - 1, absl::ZeroDuration(), {"127.0.0.2"});
  EXPECT_EQ(names->calls.back().lookup, kListedProof);
  EXPECT_LT(loop.Now() - proven, DnsCache::kKeepProof);
}

TEST_F(EngineDnsTest, ASilentListIsNotWaitedForLongerThanItsBudget) {
  Make({kListed, kMx});
  Judge();
  loop.Advance(absl::Seconds(1) - absl::Nanoseconds(1));
  EXPECT_EQ(calls(), 1u);
  loop.Advance(absl::Nanoseconds(1));
  ASSERT_EQ(calls(), 2u);  // it goes on without
  names->Present(1, absl::Hours(1));
  ASSERT_EQ(verdicts.size(), 1u);
  EXPECT_EQ(took, absl::Seconds(1));
  EXPECT_TRUE(LastSays("no answer within 1s"));
  EXPECT_EQ(names->calls[1].lookup, kMx);
  // The late answer is there for the next.
  names->Absent(0, Absence::kNoName, absl::Minutes(5));
  Judge();
  EXPECT_EQ(verdicts.size(), 2u);
  EXPECT_EQ(last(), Disposition::kPass);
}

TEST_F(EngineDnsTest, ThePolicySaysWhatTheBudgetIs) {
  Policy policy = TestPolicy();
  std::get<DnsblCheckPolicy>(policy.checks[0]).budget = absl::Milliseconds(300);
  Make({kListed}, policy);
  Judge();
  loop.Advance(absl::Seconds(4));
  EXPECT_EQ(took, absl::Milliseconds(300));
  EXPECT_TRUE(LastSays("no answer within 300ms"));
  std::get<DnsblCheckPolicy>(policy.checks[0]).budget = absl::Minutes(1);
  Make({kListed}, policy);
  Judge();
  loop.Advance(absl::Seconds(4));
  EXPECT_EQ(verdicts.size(), 2u);
  EXPECT_EQ(took, absl::Seconds(4));
  EXPECT_TRUE(LastSays("no answer within 4s"));
}

TEST_F(EngineDnsTest, TheBudgetIsForAllThatIsAskedOfTheList) {
  Make({kListed, kListedProof, kMx});
  Judge();
  loop.Advance(absl::Milliseconds(900));
  names->Present(0, absl::Hours(1), {"127.0.0.2"});
  loop.Advance(absl::Milliseconds(100));
  ASSERT_EQ(calls(), 3u);
  names->Present(2, absl::Hours(1));
  EXPECT_EQ(verdicts.size(), 1u);
  EXPECT_EQ(last(), Disposition::kDefer);
  EXPECT_EQ(took, absl::Seconds(1));
}

TEST_F(EngineDnsTest, AListThatIsAskedTooLateCountsIfItsAnswerIsKnown) {
  Make({kMx, kListed});
  Judge();
  loop.Advance(absl::Seconds(2));
  names->Present(0, absl::ZeroDuration());
  loop.RunReady();
  ASSERT_EQ(verdicts.size(), 1u);
  EXPECT_TRUE(LastSays("no answer within 1s"));
  names->Absent(1, Absence::kNoName, absl::Minutes(5));
  Judge();
  loop.Advance(absl::Seconds(2));
  names->Present(2, absl::ZeroDuration());
  ASSERT_EQ(verdicts.size(), 2u);
  EXPECT_EQ(took, absl::Seconds(2));
  EXPECT_EQ(last(), Disposition::kPass);
}

TEST_F(EngineDnsTest, OtherNamesHaveTheDeadlineOfTheVerdict) {
  Make({kMx});
  Judge();
  loop.Advance(absl::Seconds(4));
  ASSERT_EQ(verdicts.size(), 1u);
  EXPECT_EQ(took, absl::Seconds(4));
  EXPECT_TRUE(LastSays("no answer within 4s"));
}

// The first verdict finds it out; nobody else waits at all.
TEST_F(EngineDnsTest, ADeadListDelaysNobodyTwice) {
  Make({kListed, kMx});
  loop.Advance(absl::Seconds(1));
  Judge();
  list_is_dead = true;
  names->Unknown(0);
  names->Present(1, absl::Hours(1));
  for (int i = 0; i < 10; ++i) {
    Judge();
    EXPECT_EQ(took, absl::ZeroDuration());
  }
  EXPECT_EQ(verdicts.size(), 11u);
  EXPECT_EQ(calls(), 2u);
}

TEST_F(EngineDnsTest, ANewEngineAsksAnewAndTheOldOneGivesItsVerdicts) {
  Make({kMx});
  Judge();
  const std::shared_ptr<ScriptedNames> before = names;
  const std::weak_ptr<Engine> old = engine;
  Make({kMx});
  EXPECT_FALSE(old.expired());
  Judge();
  EXPECT_EQ(calls(), 1u);
  names->Present(0, absl::Hours(1));
  EXPECT_EQ(verdicts.size(), 1u);
  before->Present(0, absl::Hours(1));
  EXPECT_EQ(verdicts.size(), 2u);
  EXPECT_TRUE(old.expired());
}

TEST_F(EngineDnsTest, AfterStopDnsIsNotAsked) {
  Make({kMx});
  Judge();
  engine->Stop();
  EXPECT_EQ(loop.timers(), 0u);
  ASSERT_EQ(verdicts.size(), 1u);
  EXPECT_EQ(last(), Disposition::kDefer);
  names->Present(0, absl::Hours(1));  // to no one
  Judge();
  ASSERT_EQ(verdicts.size(), 2u);
  EXPECT_TRUE(LastSays("DNS is not asked"));
  EXPECT_TRUE(engine->DnsServers(nullptr).empty());
}

TEST_F(EngineDnsTest, WithoutACheckThatAsksItDnsIsNotOpened) {
  Policy policy;
  DomainCheckPolicy domain;
  domain.ask_dns = false;
  policy.checks = {domain, RecipientPolicy()};
  Make({kMx}, policy);
  EXPECT_EQ(names, nullptr);
  Judge();
  EXPECT_TRUE(LastSays("DNS is not asked"));
  domain.ask_dns = true;
  policy.checks = {domain};
  Make({kMx}, policy);
  EXPECT_NE(names, nullptr);
}

}  // namespace
}  // namespace mailverdict

#include "lib/engine/engine.h"

#include <gtest/gtest.h>

#include <memory>

#include "lib/history/memory_history.h"
#include "lib/loop/manual_executor_testing.h"
#include "lib/resolver/scripted_resolver_testing.h"

namespace mailverdict {
namespace {

Policy TestPolicy() {
  Policy policy;
  DirectoryPolicy directory;
  directory.name = "people";
  directory.filter = *FilterTemplate::Parse("(mail=%a)");
  directory.controls = {{"mail", "control@example.org", "uid=control"}};
  policy.directories = {directory};
  RealmPolicy realm;
  realm.directory = "people";
  policy.realms = {realm};
  policy.realm_by_domain.Add("example.org", 0);
  policy.checks = {RecipientPolicy()};
  return policy;
}

Transaction Rcpt(const std::string& recipient) {
  Transaction transaction;
  transaction.stage = Stage::kRcpt;
  transaction.recipient = recipient;
  return transaction;
}

class EngineTest : public testing::Test {
 protected:
  EngineTest() { Make(TestPolicy()); }
  // Verdicts under way hold their engine until the deadline.
  ~EngineTest() override { loop.Advance(absl::Seconds(4)); }

  void Make(Policy of) {
    directory = std::make_shared<ScriptedResolver>();
    Engine::Parts parts;
    parts.directories = [this](std::shared_ptr<const DirectoryPolicy> policy,
                               HealthHooks its) {
      people = policy;
      hooks = std::move(its);
      return directory;
    };
    engine = Engine::Create(
        std::make_shared<const Policy>(std::move(of)), &loop, &history, parts,
        [this](const std::string& line) { log.push_back(line); });
  }
  void Judge(const std::string& recipient = "joe@example.org") {
    engine->Judge(Rcpt(recipient), Keep());
  }
  Engine::Done Keep() {
    return [this](const Transaction&, const Verdict& verdict) {
      verdicts.push_back(verdict);
      given_at.push_back(loop.Now());
    };
  }
  size_t calls() const { return directory->calls.size(); }
  Disposition last() const { return verdicts.back().disposition(); }
  // What the directory says to the verdict that comes next.
  void Say(bool present) {
    ASSERT_FALSE(directory->calls.empty());
    if (present) {
      directory->Present(calls() - 1);
    } else {
      directory->Absent(calls() - 1, *people);
    }
  }

  void JudgeAndSay(bool present) {
    Judge();
    Say(present);
  }

  ManualExecutor loop;
  MemoryHistory history;
  std::shared_ptr<ScriptedResolver> directory;
  std::shared_ptr<const DirectoryPolicy> people;
  HealthHooks hooks;
  std::shared_ptr<Engine> engine;
  std::vector<Verdict> verdicts;
  std::vector<absl::Time> given_at;
  std::vector<std::string> log;
};

TEST_F(EngineTest, AClientOfALocalNetworkIsNotAskedAbout) {
  Policy policy = TestPolicy();
  policy.local_networks = {*mail::IpNetwork::Parse("192.0.2.0/24")};
  Make(std::move(policy));
  Transaction transaction = Rcpt("joe@example.org");
  transaction.client = "192.0.2.9";
  engine->Judge(transaction, Keep());
  ASSERT_EQ(verdicts.size(), 1u);
  EXPECT_EQ(verdicts[0].Line(), "pass [local network]");
  transaction.client = "198.51.100.1";
  engine->Judge(transaction, Keep());
  EXPECT_EQ(verdicts.size(), 1u);  // the directory is asked
}

TEST_F(EngineTest, JudgesByWhatTheDirectorySays) {
  Judge("joe@example.org");
  EXPECT_TRUE(verdicts.empty());
  Say(true);
  EXPECT_EQ(last(), Disposition::kPass);
  Judge("nobody@example.org");
  Say(false);
  EXPECT_EQ(last(), Disposition::kReject);
  EXPECT_EQ(verdicts.size(), 2u);
  EXPECT_EQ(loop.timers(), 0u);
}

TEST_F(EngineTest, WhatNeedsNoLookupIsJudgedAtOnce) {
  Judge("postmaster@example.org");
  EXPECT_EQ(last(), Disposition::kPass);
  EXPECT_EQ(calls(), 0u);
}

TEST_F(EngineTest, WithNoAnswerItDefersAtTheDeadlineExactly) {
  const absl::Time start = loop.Now();
  Judge();
  loop.Advance(absl::Seconds(4) - absl::Nanoseconds(1));
  EXPECT_TRUE(verdicts.empty());
  loop.Advance(absl::Nanoseconds(1));
  ASSERT_EQ(verdicts.size(), 1u);
  EXPECT_EQ(last(), Disposition::kDefer);
  EXPECT_EQ(given_at[0], start + absl::Seconds(4));
  EXPECT_NE(verdicts[0].Tree().find("no answer within 4s"), std::string::npos)
      << verdicts[0].Tree();
}

TEST_F(EngineTest, TheLateAnswerHarmsNothingAndIsKeptForTheNext) {
  Judge();
  loop.Advance(absl::Seconds(4));
  Say(false);
  Say(false);
  EXPECT_EQ(verdicts.size(), 1u);
  Judge();
  EXPECT_EQ(calls(), 1u);
  EXPECT_EQ(last(), Disposition::kReject);
}

TEST_F(EngineTest, EachVerdictHasADeadlineOfItsOwn) {
  Judge();
  loop.Advance(absl::Seconds(3));
  Judge();
  EXPECT_EQ(calls(), 1u);  // they share the question
  loop.Advance(absl::Seconds(1));
  EXPECT_EQ(verdicts.size(), 1u);
  Say(true);
  ASSERT_EQ(verdicts.size(), 2u);
  EXPECT_EQ(last(), Disposition::kPass);
}

TEST_F(EngineTest, AnswersMayComeTwiceAndInAnyOrder) {
  Judge("a@example.org");
  Judge("b@example.org");
  directory->Absent(1, *people);
  directory->Present(1);
  directory->Present(0);
  directory->Absent(0, *people);
  ASSERT_EQ(verdicts.size(), 2u);
  EXPECT_EQ(verdicts[0].disposition(), Disposition::kReject);
  EXPECT_EQ(verdicts[1].disposition(), Disposition::kPass);
}

TEST_F(EngineTest, UnknownDefersAndTheNextAsksAnew) {
  Judge();
  directory->Unknown(0);
  EXPECT_EQ(last(), Disposition::kDefer);
  Judge();
  EXPECT_EQ(calls(), 2u);
}

TEST_F(EngineTest, AnAbsenceIsForgottenWhenTheDirectoryIsInTrouble) {
  Judge("nobody@example.org");
  Say(false);
  Judge("nobody@example.org");
  EXPECT_EQ(calls(), 1u);
  hooks.on_trouble();
  Judge("nobody@example.org");
  EXPECT_EQ(calls(), 2u);
  hooks.log("directory people FAILS");
  EXPECT_EQ(log.size(), 1u);
}

TEST_F(EngineTest, WhoWasPresentLatelyIsDeferredForTheGracePeriod) {
  JudgeAndSay(true);
  loop.Advance(absl::Minutes(10));
  JudgeAndSay(false);
  EXPECT_EQ(last(), Disposition::kDefer);          // it vanishes now
  for (int hours = 12; hours < 72; hours += 12) {  // somebody tries again
    loop.Advance(absl::Hours(12));
    JudgeAndSay(false);
    EXPECT_EQ(last(), Disposition::kDefer);
  }
  loop.Advance(absl::Hours(12));
  JudgeAndSay(false);
  EXPECT_EQ(last(), Disposition::kReject);
  // From now on it is nobody we know.
  loop.Advance(absl::Hours(1000));
  JudgeAndSay(false);
  EXPECT_EQ(last(), Disposition::kReject);
}

TEST_F(EngineTest, TwoOutagesFarApartAreNotOneLongAbsence) {
  JudgeAndSay(true);
  loop.Advance(absl::Hours(1));
  JudgeAndSay(false);
  loop.Advance(absl::Hours(100));  // healed meanwhile, but nobody asked
  JudgeAndSay(false);
  EXPECT_EQ(last(), Disposition::kDefer);
}

TEST_F(EngineTest, AnAbsenceThatIsNotBelievedIsNotKept) {
  JudgeAndSay(true);
  loop.Advance(absl::Minutes(10));
  JudgeAndSay(false);
  EXPECT_EQ(last(), Disposition::kDefer);
  const size_t before = calls();
  Judge();
  Say(true);  // the replica has caught up
  EXPECT_EQ(calls(), before + 1);
  EXPECT_EQ(last(), Disposition::kPass);
}

TEST_F(EngineTest, WhoComesBackHasTheWholeGracePeriodAgain) {
  JudgeAndSay(true);
  loop.Advance(absl::Minutes(10));
  JudgeAndSay(false);
  loop.Advance(absl::Hours(71));
  JudgeAndSay(true);
  loop.Advance(absl::Hours(2));
  JudgeAndSay(false);
  EXPECT_EQ(last(), Disposition::kDefer);
}

TEST_F(EngineTest, WhatAnOperatorHasSetIsInForceForVerdictsUnderWayToo) {
  JudgeAndSay(true);
  loop.Advance(absl::Minutes(10));
  JudgeAndSay(false);
  EXPECT_EQ(last(), Disposition::kDefer);
  loop.Advance(absl::Hours(1));
  Judge();
  Overrides overrides;
  overrides["people"].grace = absl::Hours(1);
  engine->SetOverrides(overrides);
  Say(false);
  EXPECT_EQ(last(), Disposition::kReject);
}

TEST_F(EngineTest, WhatAnOperatorHasSetIsTakenBack) {
  JudgeAndSay(true);
  loop.Advance(absl::Minutes(10));
  Overrides overrides;
  overrides["people"].grace = absl::ZeroDuration();
  engine->SetOverrides(overrides);
  EXPECT_EQ(engine->overrides().at("people").grace, absl::ZeroDuration());
  engine->SetOverrides({});
  JudgeAndSay(false);
  EXPECT_EQ(last(), Disposition::kDefer);
}

TEST_F(EngineTest, JudgeRemembersAndExplainDoesNot) {
  engine->Explain(Rcpt("joe@example.org"), Keep());
  Say(true);
  EXPECT_EQ(last(), Disposition::kPass);
  EXPECT_EQ(history.size(), 0u);
  Judge();
  EXPECT_EQ(last(), Disposition::kPass);  // from the cache
  EXPECT_EQ(history.size(), 1u);
}

TEST_F(EngineTest, ExplainingAVanishedMailboxStartsNoClock) {
  JudgeAndSay(true);
  loop.Advance(absl::Minutes(10));
  engine->Explain(Rcpt("joe@example.org"), Keep());
  Say(false);
  EXPECT_EQ(last(), Disposition::kDefer);
  loop.Advance(absl::Hours(80));
  JudgeAndSay(false);
  EXPECT_EQ(last(), Disposition::kDefer);
}

TEST_F(EngineTest, ADoneMayJudgeAgain) {
  directory->instant = [&](const MailboxLookup& lookup) {
    return Answer(Report::Present(lookup, {"cn=entry"}));
  };
  int left = 50;
  Engine::Done again = [&](const Transaction&, const Verdict& verdict) {
    EXPECT_EQ(verdict.disposition(), Disposition::kPass);
    if (--left > 0) {
      engine->Judge(Rcpt(std::to_string(left) + "@example.org"), again);
    }
  };
  engine->Judge(Rcpt("joe@example.org"), again);
  EXPECT_EQ(left, 0);
  EXPECT_EQ(loop.timers(), 0u);
}

TEST_F(EngineTest, ADoneMayJudgeTheSameRecipientAgain) {
  engine->Judge(Rcpt("joe@example.org"),
                [&](const Transaction&, const Verdict&) { Judge(); });
  directory->Unknown(0);
  ASSERT_EQ(calls(), 2u);
  Say(true);
  EXPECT_EQ(last(), Disposition::kPass);
}

TEST_F(EngineTest, AnEngineLetGoOfStillGivesItsVerdicts) {
  Judge("a@example.org");
  Judge("b@example.org");
  const std::weak_ptr<Engine> alive = engine;
  engine.reset();
  directory->Absent(0, *people);
  EXPECT_EQ(verdicts.size(), 1u);
  EXPECT_FALSE(alive.expired());
  loop.Advance(absl::Seconds(4));
  EXPECT_EQ(verdicts.size(), 2u);
  // Though the directory still owes an answer.
  EXPECT_TRUE(alive.expired());
  directory->Present(1);
  hooks.on_trouble();
  EXPECT_EQ(verdicts.size(), 2u);
}

TEST_F(EngineTest, TheLastAnswerMayEndTheEngine) {
  Judge();
  const std::weak_ptr<Engine> alive = engine;
  engine.reset();
  directory->Present(0);
  EXPECT_EQ(last(), Disposition::kPass);
  EXPECT_TRUE(alive.expired());
}

TEST_F(EngineTest, ADoneMayEndTheEngine) {
  engine->Judge(Rcpt("joe@example.org"),
                [&](const Transaction&, const Verdict&) {
                  engine->Stop();
                  engine.reset();
                });
  directory->Present(0);
  EXPECT_EQ(engine, nullptr);
}

TEST_F(EngineTest, AfterStopVerdictsUnderWayComeAtTheirDeadline) {
  Judge();
  engine->Stop();
  directory->Present(0);  // to nobody
  EXPECT_TRUE(verdicts.empty());
  loop.Advance(absl::Seconds(4));
  ASSERT_EQ(verdicts.size(), 1u);
  EXPECT_EQ(last(), Disposition::kDefer);
  Judge();
  ASSERT_EQ(verdicts.size(), 2u);
  EXPECT_EQ(last(), Disposition::kDefer);
}

// joe@example.org has just been found.
class RecallTest : public EngineTest {
 protected:
  RecallTest() { Find(); }

  void Find() {
    Judge();
    directory->calls.back().done(Answer(
        Report::Present(directory->calls.back().lookup, {"cn=joe"},
                        {"ldap://scripted", 1, 1, loop.Now(), loop.Now()})));
    ASSERT_EQ(last(), Disposition::kPass);
  }
  const Verdict* Recall(
      const Transaction& transaction = Rcpt("joe@example.org")) {
    return engine->Recall(TransactionView::Of(transaction));
  }
};

TEST_F(RecallTest, WhoHasPassedIsRecalledForAMoment) {
  const Verdict* verdict = Recall();
  ASSERT_NE(verdict, nullptr);
  EXPECT_EQ(verdict->Line(), verdicts[0].Line());
  loop.Advance(Passes::kLongest - absl::Seconds(1));
  EXPECT_NE(Recall(), nullptr);
  loop.Advance(absl::Seconds(1));
  EXPECT_EQ(Recall(), nullptr);
  Judge();  // its answer is still in the cache
  EXPECT_EQ(calls(), 1u);
  EXPECT_NE(Recall(), nullptr);
}

TEST_F(RecallTest, NobodyElseIs) {
  EXPECT_EQ(Recall(Rcpt("ann@example.org")), nullptr);
  Transaction elsewhere = Rcpt("joe@example.org");
  elsewhere.stage = Stage::kMail;
  EXPECT_EQ(Recall(elsewhere), nullptr);
  Transaction ours = Rcpt("joe@example.org");
  ours.authenticated = true;  // he passes for another reason
  EXPECT_EQ(Recall(ours), nullptr);
}

TEST_F(RecallTest, AClientOfALocalNetworkPassesForThatReason) {
  Policy policy = TestPolicy();
  policy.local_networks = {*mail::IpNetwork::Parse("192.0.2.0/24")};
  Make(std::move(policy));
  Find();
  Transaction transaction = Rcpt("joe@example.org");
  EXPECT_NE(Recall(transaction), nullptr);
  transaction.client = "192.0.2.9";
  EXPECT_EQ(Recall(transaction), nullptr);
}

TEST_F(RecallTest, WhoIsRefusedOrDeferredIsNot) {
  Judge("nobody@example.org");
  Say(false);
  EXPECT_EQ(last(), Disposition::kReject);
  EXPECT_EQ(Recall(Rcpt("nobody@example.org")), nullptr);
  Judge("unsure@example.org");
  directory->Unknown(calls() - 1);
  EXPECT_EQ(last(), Disposition::kDefer);
  EXPECT_EQ(Recall(Rcpt("unsure@example.org")), nullptr);
}

TEST_F(RecallTest, WhatOperatorsSetForgetsIt) {
  engine->SetOverrides({});
  EXPECT_EQ(Recall(), nullptr);
}

TEST_F(RecallTest, ItIsForgottenOnDemand) {
  engine->ForgetPasses();
  EXPECT_EQ(Recall(), nullptr);
}

TEST_F(RecallTest, WhatIsExplainedIsNotKept) {
  engine->Explain(Rcpt("postmaster@example.org"), Keep());
  EXPECT_EQ(last(), Disposition::kPass);
  EXPECT_EQ(Recall(Rcpt("postmaster@example.org")), nullptr);
}

TEST_F(RecallTest, AfterStopNothingIsRecalled) {
  engine->Stop();
  EXPECT_EQ(Recall(), nullptr);
}

}  // namespace
}  // namespace mailverdict

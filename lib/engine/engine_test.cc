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
    Engine::Services services;
    services.directories = [this](std::shared_ptr<const DirectoryPolicy> policy,
                                  HealthHooks its) {
      people = policy;
      hooks = std::move(its);
      return directory;
    };
    engine = Engine::Create(
        std::make_shared<const Policy>(std::move(of)), &loop, &history,
        services, [this](const std::string& line) { log.push_back(line); });
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

TEST_F(EngineTest, StopGivesTheVerdictsUnderWay) {
  Judge("a@example.org");
  loop.Advance(absl::Seconds(1));
  Judge("b@example.org");
  engine->Stop();
  ASSERT_EQ(verdicts.size(), 2u);
  EXPECT_EQ(verdicts[0].disposition(), Disposition::kDefer);
  EXPECT_EQ(verdicts[1].disposition(), Disposition::kDefer);
  EXPECT_EQ(loop.timers(), 0u);
  directory->Present(0);  // to no one
  Judge();
  ASSERT_EQ(verdicts.size(), 3u);
  EXPECT_EQ(last(), Disposition::kDefer);
}

TEST_F(EngineTest, StopMayLetGoOfTheEngine) {
  Judge();
  const std::weak_ptr<Engine> alive = engine;
  Engine* const only_held_by_its_verdict = engine.get();
  engine.reset();
  ASSERT_FALSE(alive.expired());
  only_held_by_its_verdict->Stop();
  EXPECT_EQ(verdicts.size(), 1u);
  EXPECT_TRUE(alive.expired());
}

// The directory keeps its questions for good.
TEST_F(EngineTest, AnAnswerThatIsOwedForGoodHoldsNothing) {
  const auto held = std::make_shared<int>(0);
  engine->Judge(
      Rcpt("joe@example.org"), [held](const Transaction&, const Verdict&) {},
      [held] { return true; });
  EXPECT_EQ(held.use_count(), 3);
  loop.Advance(absl::Seconds(4));
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_EQ(calls(), 1u);
}

// Judges as the adapters do.
class LateVerdictTest : public EngineTest {
 protected:
  void JudgeFor(bool* waiting, const std::string& recipient) {
    engine->Judge(
        Rcpt(recipient),
        [this, done = Keep()](const Transaction& tx, const Verdict& verdict) {
          remembered_when_given = history.size();
          done(tx, verdict);
        },
        [this, waiting] {
          ++asked_whether_waiting;
          remembered_when_asked = history.size();
          return *waiting;
        });
  }
  int asked_whether_waiting = 0;
  size_t remembered_when_asked = 9, remembered_when_given = 9;
};

TEST_F(LateVerdictTest, AVerdictIsRememberedBeforeItIsGiven) {
  bool waiting = true;
  JudgeFor(&waiting, "joe@example.org");
  EXPECT_EQ(asked_whether_waiting, 0);
  Say(true);
  EXPECT_EQ(asked_whether_waiting, 1);
  EXPECT_EQ(remembered_when_asked, 0u);
  EXPECT_EQ(remembered_when_given, 1u);
  EXPECT_EQ(verdicts.size(), 1u);
}

TEST_F(LateVerdictTest, AVerdictThatNobodyWaitsForIsNeitherGivenNorRemembered) {
  bool waiting = true;
  JudgeFor(&waiting, "joe@example.org");
  waiting = false;
  Say(true);
  EXPECT_EQ(asked_whether_waiting, 1);
  EXPECT_EQ(verdicts.size(), 0u);
  EXPECT_EQ(history.size(), 0u);
  EXPECT_EQ(loop.timers(), 0u);
  // What the directory said is still known.
  waiting = true;
  JudgeFor(&waiting, "joe@example.org");
  EXPECT_EQ(calls(), 1u);
  EXPECT_EQ(last(), Disposition::kPass);
  EXPECT_EQ(history.size(), 1u);
}

// joe was seen, and is gone: the first verdict that says so starts his clock.
TEST_F(LateVerdictTest, AnAbsenceThatNobodyHeardStartsNoClock) {
  JudgeAndSay(true);
  loop.Advance(absl::Minutes(10));
  bool waiting = false;
  JudgeFor(&waiting, "joe@example.org");
  Say(false);
  EXPECT_EQ(verdicts.size(), 1u);
  loop.Advance(absl::Hours(80));
  JudgeAndSay(false);
  EXPECT_EQ(last(), Disposition::kDefer);
}

TEST_F(LateVerdictTest, AtTheDeadlineTheClientIsAskedForLikewise) {
  bool waiting = false;
  JudgeFor(&waiting, "joe@example.org");
  loop.Advance(absl::Seconds(4));
  EXPECT_EQ(asked_whether_waiting, 1);
  EXPECT_TRUE(verdicts.empty());
  directory->Present(0);
  EXPECT_EQ(asked_whether_waiting, 1);
  EXPECT_TRUE(verdicts.empty());
}

}  // namespace
}  // namespace mailverdict

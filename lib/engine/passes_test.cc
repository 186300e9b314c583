#include "lib/engine/passes.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/core/replies.h"

namespace mailverdict {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

// A check that asks one question and finds what it is told to.
class Scripted : public Check {
 public:
  Scripted(FactSet facts, Lookup lookup, Verdict verdict, bool shadow = false)
      : Check(Policy(), CheckOptions{shadow, WhenUnsure::kDefer}),
        facts_(facts),
        lookup_(std::move(lookup)),
        verdict_(std::move(verdict)) {}

  FixedText name() const override { return "scripted"; }
  Stage stage() const override { return Stage::kRcpt; }
  FactSet reads() const override { return facts_; }
  Scope scope() const override { return Scope::kRecipient; }
  Finding Examine(const Facts&, Inquiry& ask) const override {
    if (ask.Ask(lookup_) == nullptr) return Finding::Pending();
    return verdict_;
  }

 private:
  const FactSet facts_;
  const Lookup lookup_;
  const Verdict verdict_;
};

const MailboxLookup kJoe{"people", {"joe@example.org"}, ""};
const DnsLookup kDomain{"example.com", DnsType::kMx};

Transcript At(absl::Time when) {
  return {"ldap://one", 1, 2, when - absl::Milliseconds(1), when};
}

Answer Named(DnsLookup lookup, bool present, absl::Duration ttl) {
  Report report = present
                      ? Report::Present(lookup, {"10 mx.example.com"}, At(kNow))
                      : Report::Absent(lookup, At(kNow));
  report.dns.ttl = ttl;
  return Answer(report);
}

class PassesTest : public testing::Test {
 protected:
  PassesTest() {
    policy_.directories.emplace_back();
    policy_.directories[0].name = "people";
    policy_.directories[0].keep_present = absl::Seconds(20);
    policy_.dns.keep_absent = absl::Seconds(5);
  }

  // What a chain of one such check says when it is answered so.
  Verdict Judged(const Answer& answer, Verdict verdict = Verdict::Pass(),
                 bool shadow = false) {
    Chain chain;
    chain.push_back(std::make_unique<Scripted>(FactSet{Fact::kRecipient},
                                               answer.lookup(),
                                               std::move(verdict), shadow));
    Evidence evidence;
    evidence.Add(answer);
    return std::get<Verdict>(Evaluate(chain, To("joe@example.org"), evidence));
  }
  absl::Time Until(const Verdict& verdict) {
    return FreshUntil(policy_, verdict);
  }

  static Transaction To(std::string recipient, absl::Time now = kNow) {
    Transaction tx;
    tx.stage = Stage::kRcpt;
    tx.now = now;
    tx.recipient = std::move(recipient);
    return tx;
  }

  static const Verdict* Find(Passes& passes, const Transaction& tx) {
    return passes.Find(TransactionView::Of(tx), tx.now);
  }

  Passes MakePasses(FactSet facts) {
    Passes passes(std::make_shared<const Policy>(policy_));
    Chain chain;
    chain.push_back(
        std::make_unique<Scripted>(facts, kJoe, Verdict::Pass("there")));
    passes.Use(chain);
    return passes;
  }

  Policy policy_;
  const Answer joe_{Report::Present(kJoe, {"uid=joe"}, At(kNow))};
};

TEST_F(PassesTest, APassIsFreshForAsLongAsItsAnswers) {
  EXPECT_EQ(Until(Judged(joe_)), kNow + absl::Seconds(20));
  EXPECT_EQ(Until(Judged(Named(kDomain, true, absl::Seconds(7)))),
            kNow + absl::Seconds(7));
  EXPECT_EQ(Until(Judged(Named(kDomain, false, absl::Seconds(7)))),
            kNow + absl::Seconds(5));
  EXPECT_LE(Until(Judged(Named(kDomain, true, absl::ZeroDuration()))), kNow);
}

TEST_F(PassesTest, APassThatRestsOnAnythingElseIsNeverFresh) {
  const absl::Time never = absl::InfinitePast();
  EXPECT_EQ(Until(Judged(Answer(Report::Unknown(kJoe, "down", At(kNow))))),
            never);
  EXPECT_EQ(Until(Judged(Answer(Report::Unknown(kDomain, "down", At(kNow))))),
            never);
  EXPECT_EQ(Until(Judged(Answer(Report::Absent(kJoe, At(kNow))))), never);
  DnsLookup proven = kDomain;
  proven.with_controls = true;
  EXPECT_EQ(Until(Judged(Named(proven, true, absl::Hours(1)))), never);
  EXPECT_EQ(Until(Judged(Answer(Report::Absent(
                HistoryLookup{HistoryLookup::Kind::kVanished, "people"})))),
            never);
}

TEST_F(PassesTest, OnlyAPassIsEverFresh) {
  const absl::Time never = absl::InfinitePast();
  EXPECT_EQ(Until(Judged(joe_, Verdict::Defer(replies::kDirectoryUnsure))),
            never);
  // Nor one that a check in shadow would not have let through: its line in the
  // log has an answer behind it each time.
  const Verdict shadow =
      Judged(joe_, Verdict::Defer(replies::kDirectoryUnsure), /*shadow=*/true);
  EXPECT_EQ(shadow.disposition(), Disposition::kPass);
  EXPECT_EQ(Until(shadow), never);
}

TEST_F(PassesTest, WhatIsToBeRememberedEachTimeIsNeverFresh) {
  const HistoryLookup about{HistoryLookup::Kind::kMailboxSeen, "people:joe"};
  EXPECT_GT(
      Until(Judged(joe_, Verdict::Pass().WithObservation(
                             {Observation::Kind::kPresent, about, kNow}))),
      kNow);
  for (const auto kind :
       {Observation::Kind::kMissed, Observation::Kind::kGone}) {
    EXPECT_EQ(Until(Judged(
                  joe_, Verdict::Pass().WithObservation({kind, about, kNow}))),
              absl::InfinitePast());
  }
}

TEST_F(PassesTest, WhoHasPassedPassesAgainWhileItIsFresh) {
  Passes passes = MakePasses({Fact::kRecipient, Fact::kResolved});
  EXPECT_EQ(Find(passes, To("joe@example.org")), nullptr);
  passes.Keep(To("joe@example.org"), Judged(joe_, Verdict::Pass("there")));
  ASSERT_NE(Find(passes, To("joe@example.org")), nullptr);
  EXPECT_EQ(Find(passes, To("joe@example.org"))->Line(), "pass [there]");
  EXPECT_NE(Find(passes, To("joe@example.org", kNow + absl::Seconds(19))),
            nullptr);
  EXPECT_EQ(Find(passes, To("joe@example.org", kNow + absl::Seconds(20))),
            nullptr);
  EXPECT_EQ(Find(passes, To("ann@example.org")), nullptr);
}

TEST_F(PassesTest, IsShortOfMemory) {
  policy_.directories[0].keep_present = absl::Hours(24);
  Passes passes = MakePasses({Fact::kRecipient, Fact::kResolved});
  passes.Keep(To("joe@example.org"), Judged(joe_));
  const absl::Time last = kNow + Passes::kLongest;
  EXPECT_NE(Find(passes, To("joe@example.org", last - absl::Seconds(1))),
            nullptr);
  EXPECT_EQ(Find(passes, To("joe@example.org", last)), nullptr);
}

TEST_F(PassesTest, ADeferralIsNotKept) {
  Passes passes = MakePasses({Fact::kRecipient, Fact::kResolved});
  passes.Keep(To("joe@example.org"),
              Judged(joe_, Verdict::Defer(replies::kDirectoryUnsure)));
  EXPECT_EQ(Find(passes, To("joe@example.org")), nullptr);
}

TEST_F(PassesTest, WhatTheChainReadsMustBeTheSame) {
  const auto from = [](const char* sender, const char* client) {
    Transaction tx = To("joe@example.org");
    tx.sender = sender;
    tx.client = client;
    return tx;
  };
  Passes of_sender =
      MakePasses({Fact::kRecipient, Fact::kResolved, Fact::kSender});
  of_sender.Keep(from("ann@example.com", "192.0.2.1"), Judged(joe_));
  EXPECT_NE(Find(of_sender, from("ann@example.com", "192.0.2.2")), nullptr);
  EXPECT_EQ(Find(of_sender, from("bob@example.com", "192.0.2.1")), nullptr);

  Passes of_client =
      MakePasses({Fact::kRecipient, Fact::kResolved, Fact::kClient});
  of_client.Keep(from("ann@example.com", "192.0.2.1"), Judged(joe_));
  EXPECT_EQ(Find(of_client, from("ann@example.com", "192.0.2.2")), nullptr);
  EXPECT_NE(Find(of_client, from("bob@example.com", "192.0.2.1")), nullptr);
}

TEST_F(PassesTest, NoTwoTransactionsLookAlike) {
  Passes passes =
      MakePasses({Fact::kRecipient, Fact::kResolved, Fact::kSender});
  Transaction one = To("1:b@example.org");
  one.sender = "a";
  Transaction other = To("b@example.org");
  other.sender = "a15:1:";
  passes.Keep(one, Judged(joe_));
  EXPECT_EQ(Find(passes, other), nullptr);
}

TEST_F(PassesTest, AnotherChainForgets) {
  Passes passes = MakePasses({Fact::kRecipient, Fact::kResolved});
  passes.Keep(To("joe@example.org"), Judged(joe_));
  passes.Use({});
  EXPECT_EQ(Find(passes, To("joe@example.org")), nullptr);
}

TEST_F(PassesTest, WhoIsAskedForStaysWhenThereAreMany) {
  Passes passes = MakePasses({Fact::kRecipient, Fact::kResolved});
  const Verdict pass = Judged(joe_);
  passes.Keep(To("often@example.org"), pass);
  passes.Keep(To("once@example.org"), pass);
  for (size_t i = 0; i < 2 * Passes::kMax; ++i) {
    passes.Keep(To(std::to_string(i)), pass);
    ASSERT_NE(Find(passes, To("often@example.org")), nullptr) << i;
    ASSERT_LE(passes.size(), Passes::kMax);
  }
  EXPECT_EQ(Find(passes, To("once@example.org")), nullptr);
}

}  // namespace
}  // namespace mailverdict

#include "lib/core/chain.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/core/replies.h"
#include "lib/core/vouch.h"

namespace mailverdict {
namespace {

MailboxLookup Mailbox(std::string address) {
  return {"people", {std::move(address)}, ""};
}

DirectoryPolicy People() {
  DirectoryPolicy people;
  people.name = "people";
  people.filter = *FilterTemplate::Parse("(mail=%a)");
  people.controls = {{"mail", "old@example.org", "uid=old"}};
  return people;
}

Answer VouchedAbsence(const MailboxLookup& lookup) {
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  const Origin moment{"ldap://one", 1, 2, now, now};
  return Vouch(
      People(), Report::Absent(lookup, moment),
      {Report::Present(MailboxLookup{"people", {"old@example.org"}, "mail"},
                       {"uid=old"}, moment)});
}

// Rejects what is proven absent, defers what is unknown.
class Fake final : public Check {
 public:
  Fake(FixedText name, std::string address, bool shadow = false,
       Stage stage = Stage::kRcpt)
      : Check(Policy(), CheckOptions{shadow, WhenUnsure::kDefer}),
        name_(name),
        address_(std::move(address)),
        stage_(stage) {}
  FixedText name() const override { return name_; }
  Stage stage() const override { return stage_; }
  FactSet reads() const override { return {Fact::kHelo}; }
  Scope scope() const override { return Scope::kMessage; }
  Finding Examine(const Facts& facts, Inquiry& ask) const override {
    const Answer* answer = ask.Ask(Mailbox(address_));
    if (answer == nullptr) return Finding::Pending();
    if (answer->present()) {
      return Verdict::Pass("there").WithObservation(
          {Observation::Kind::kPresent,
           {{}, address_},
           facts.transaction().now});
    }
    if (std::optional<Proof> proof = answer->ProofOfAbsence()) {
      return Verdict::Reject(replies::kUserUnknown, *std::move(proof));
    }
    return Verdict::Defer(replies::kDirectoryUnsure, "unsure");
  }

 private:
  const FixedText name_;
  const std::string address_;
  const Stage stage_;
};

template <typename... Checks>
Chain ChainOf(Checks... checks) {
  Chain chain;
  (chain.push_back(std::move(checks)), ...);
  return chain;
}

std::unique_ptr<Fake> MakeFake(FixedText name, std::string address,
                               bool shadow = false,
                               Stage stage = Stage::kRcpt) {
  return std::make_unique<Fake>(name, std::move(address), shadow, stage);
}

Transaction AtRcpt() {
  Transaction tx;
  tx.stage = Stage::kRcpt;
  return tx;
}

Evidence With(std::vector<Answer> answers) {
  Evidence evidence;
  for (Answer& answer : answers) evidence.Add(std::move(answer));
  return evidence;
}

Verdict VerdictOf(const Evaluation& evaluation) {
  EXPECT_TRUE(std::holds_alternative<Verdict>(evaluation));
  return std::get<Verdict>(evaluation);
}

TEST(Evaluate, AnEmptyChainPasses) {
  const Verdict verdict = VerdictOf(Evaluate({}, AtRcpt(), {}));
  EXPECT_EQ(verdict.disposition(), Disposition::kPass);
  EXPECT_EQ(verdict.Line(), "pass");
}

TEST(Stages, AreThoseOfTheChecksAndOfWhoTheClientIs) {
  EXPECT_EQ(JudgedStages({}), StageSet());
  EXPECT_EQ(NeededStages({}), StageSet());
  const Chain chain = ChainOf(MakeFake("a", "a@x"),
                              MakeFake("b", "b@x", false, Stage::kEndOfHeader));
  EXPECT_EQ(JudgedStages(chain), StageSet({Stage::kRcpt, Stage::kEndOfHeader}));
  EXPECT_EQ(NeededStages(chain),
            StageSet({Stage::kConnect, Stage::kHelo, Stage::kMail, Stage::kRcpt,
                      Stage::kEndOfHeader}));
}

TEST(Evaluate, NamesTheLookupsThatItNeeds) {
  const Chain chain = ChainOf(MakeFake("a", "a@x"), MakeFake("b", "b@x"));
  const Evaluation evaluation = Evaluate(chain, AtRcpt(), {});
  ASSERT_TRUE(std::holds_alternative<std::vector<Lookup>>(evaluation));
  EXPECT_EQ(std::get<std::vector<Lookup>>(evaluation),
            std::vector<Lookup>{Mailbox("a@x")});
}

TEST(Evaluate, TheFirstCheckThatDoesNotPassDecides) {
  const Chain chain =
      ChainOf(MakeFake("a", "a@x"), MakeFake("b", "b@x"), MakeFake("c", "c@x"));
  const Verdict verdict = VerdictOf(
      Evaluate(chain, AtRcpt(),
               With({Answer(Report::Present(Mailbox("a@x"), {"uid=a"})),
                     VouchedAbsence(Mailbox("b@x")),
                     Answer(Report::Unknown(Mailbox("c@x"), "busy"))})));
  EXPECT_EQ(verdict.disposition(), Disposition::kReject);
  EXPECT_EQ(verdict.check(), "b");
  EXPECT_EQ(verdict.stage(), Stage::kRcpt);
  EXPECT_EQ(verdict.scope(), Scope::kMessage);
  EXPECT_EQ(verdict.reply().code, 550);
  ASSERT_TRUE(verdict.proof().has_value());
  EXPECT_EQ(verdict.proof()->cited()[0].lookup(), Lookup(Mailbox("b@x")));
  ASSERT_EQ(verdict.steps().size(), 2u);
  ASSERT_EQ(verdict.observations().size(), 1u);
  EXPECT_EQ(verdict.observations()[0].about.key, "a@x");
}

TEST(Evaluate, AnUnvouchedAbsenceNeverRejects) {
  const Verdict verdict =
      VerdictOf(Evaluate(ChainOf(MakeFake("a", "a@x")), AtRcpt(),
                         With({Answer(Report::Absent(Mailbox("a@x")))})));
  EXPECT_EQ(verdict.disposition(), Disposition::kDefer);
  EXPECT_FALSE(verdict.proof().has_value());
}

TEST(Evaluate, ACheckInShadowIsLoggedAndPasses) {
  const Chain chain =
      ChainOf(MakeFake("a", "a@x", /*shadow=*/true), MakeFake("b", "b@x"));
  const Verdict verdict = VerdictOf(
      Evaluate(chain, AtRcpt(),
               With({VouchedAbsence(Mailbox("a@x")),
                     Answer(Report::Present(Mailbox("b@x"), {"uid=b"}))})));
  EXPECT_EQ(verdict.disposition(), Disposition::kPass);
  EXPECT_EQ(verdict.Line(),
            "pass [there; in shadow, a would reject 550 5.1.1 User unknown]");
}

TEST(Evaluate, OnlyChecksOfTheStageRun) {
  const Chain chain =
      ChainOf(MakeFake("a", "a@x", false, Stage::kMail), MakeFake("b", "b@x"));
  const Evaluation evaluation = Evaluate(chain, AtRcpt(), {});
  EXPECT_EQ(std::get<std::vector<Lookup>>(evaluation),
            std::vector<Lookup>{Mailbox("b@x")});
}

TEST(Evaluate, AnAuthenticatedClientPassesUnasked) {
  Transaction tx = AtRcpt();
  tx.authenticated = true;
  const Verdict verdict =
      VerdictOf(Evaluate(ChainOf(MakeFake("a", "a@x")), tx, {}));
  EXPECT_EQ(verdict.Line(), "pass [authenticated]");
}

TEST(Evaluate, AClientInALocalNetworkPassesUnasked) {
  auto policy = std::make_shared<Policy>();
  policy->local_networks = {*mail::IpNetwork::Parse("192.0.2.0/24")};
  Chain chain(policy);
  chain.push_back(MakeFake("a", "a@x"));
  Transaction tx = AtRcpt();
  tx.client = "192.0.2.255";
  EXPECT_EQ(VerdictOf(Evaluate(chain, tx, {})).Line(), "pass [local network]");
  for (const char* other : {"192.0.3.0", "", "unknown", "192.0.2.0/24"}) {
    tx.client = other;
    EXPECT_TRUE(
        std::holds_alternative<std::vector<Lookup>>(Evaluate(chain, tx, {})))
        << other;
  }
}

TEST(Facts, AreThoseThatTheChecksRead) {
  EXPECT_EQ(FactsRead({}), FactSet());
  EXPECT_EQ(FactsRead(ChainOf(MakeFake("a", "a@x"))), FactSet{Fact::kHelo});
}

TEST(Facts, EachIsKnownFromOneStageOn) {
  EXPECT_EQ(StagesOf({}), StageSet());
  EXPECT_EQ(StagesOf({Fact::kClient, Fact::kHelo}),
            (StageSet{Stage::kConnect, Stage::kHelo}));
  EXPECT_EQ(StagesOf({Fact::kSender, Fact::kQueueId}), StageSet{Stage::kMail});
  EXPECT_EQ(StagesOf({Fact::kRecipient, Fact::kResolved}),
            StageSet{Stage::kRcpt});
  EXPECT_EQ(StagesOf({Fact::kAccepted, Fact::kHeader}),
            StageSet{Stage::kEndOfHeader});
}

TEST(Facts, AreParsedAndMissingWhereTheyAreNot) {
  Transaction tx = AtRcpt();
  tx.client = "2001:db8::1";
  tx.sender = "<>";
  tx.recipient = "<joe@example.org>";
  const Policy policy;
  const Facts facts(policy, tx);
  EXPECT_TRUE(facts.client().has_value());
  ASSERT_TRUE(facts.sender().has_value());
  EXPECT_TRUE(facts.sender()->null());
  EXPECT_EQ(facts.recipient().argument.ToString(), "joe@example.org");
  tx.client = "unknown";
  tx.sender = "joe@";
  const Facts odd(policy, tx);
  EXPECT_FALSE(odd.client().has_value());
  EXPECT_FALSE(odd.sender().has_value());
}

TEST(Evidence, TheFirstAnswerStands) {
  Evidence evidence = With({Answer(Report::Unknown(Mailbox("a@x"), "late")),
                            VouchedAbsence(Mailbox("a@x"))});
  EXPECT_TRUE(evidence.Find(Mailbox("a@x"))->unknown());
  EXPECT_EQ(evidence.answers().size(), 1u);
  EXPECT_EQ(evidence.Find(Mailbox("b@x")), nullptr);
}

TEST(Verdict, PrintsItsTree) {
  const Chain chain =
      ChainOf(MakeFake("a", "a@x", /*shadow=*/true), MakeFake("b", "b@x"));
  const Verdict verdict =
      VerdictOf(Evaluate(chain, AtRcpt(),
                         With({Answer(Report::Unknown(Mailbox("a@x"), "busy")),
                               VouchedAbsence(Mailbox("b@x"))})));
  EXPECT_EQ(
      verdict.Line(),
      "b reject 550 5.1.1 User unknown [in shadow, a would defer 451 4.4.3 "
      "Recipient cannot be verified right now, try again later; busy]");
  EXPECT_EQ(
      verdict.Tree(),
      verdict.Line() +
          "\n"
          "  a: defer 451 4.4.3 Recipient cannot be verified right now, try "
          "again "
          "later (in shadow) [unsure]\n"
          "    asked mailbox people:a@x\n"
          "      unknown: busy\n"
          "  b: reject 550 5.1.1 User unknown\n"
          "    asked mailbox people:b@x\n"
          "      absent, vouched for by old@example.org (mail), from "
          "ldap://one "
          "connection 1 exchange 2, 08:00:00.000Z +0\n"
          "    proof\n"
          "      mailbox people:b@x: absent, vouched for by old@example.org "
          "(mail), from ldap://one connection 1 exchange 2, 08:00:00.000Z "
          "+0\n");
}

// A DN may hold anything, and so may a server's message.
constexpr std::string_view kWild = "a\x1b[2J\x07\r\nb\xe2\x80\xae";
constexpr std::string_view kTamed = "a\\x1b[2J\\x07\\x0d\\x0ab\\xe2\\x80\\xae";

// Everything but the ends of the lines.
bool IsTame(const std::string& text) {
  for (const char c : text) {
    if (c != '\n' && (c < ' ' || c > '~')) return false;
  }
  return true;
}

TEST(Verdict, ItsLineAndItsTreeShowNoBytesThatDriveATerminal) {
  const std::string wild(kWild);
  const MailboxLookup mailbox = Mailbox(wild + "@x");
  const Chain chain = ChainOf(MakeFake("a", wild + "@x"));
  for (const Report& report :
       {Report::Unknown(mailbox, wild, {wild, 1, 2, {}, {}}),
        Report::Present(mailbox, {wild}, {wild, 1, 2, {}, {}}),
        Report::Absent(mailbox, {wild, 1, 2, {}, {}})}) {
    const Verdict verdict =
        VerdictOf(Evaluate(chain, AtRcpt(), With({Answer(report)})));
    EXPECT_TRUE(IsTame(verdict.Line())) << verdict.Line();
    EXPECT_EQ(verdict.Line().find('\n'), std::string::npos);
    EXPECT_TRUE(IsTame(verdict.Tree())) << verdict.Tree();
    EXPECT_NE(verdict.Tree().find(kTamed), std::string::npos);
    // The line, the check, what it asked and the answer; nothing forged.
    const std::string tree = verdict.Tree();
    EXPECT_EQ(std::count(tree.begin(), tree.end(), '\n'), 4) << tree;
  }
}

TEST(Proof, ShowsNoBytesThatDriveATerminal) {
  const std::string wild(kWild);
  const MailboxLookup mailbox = Mailbox(wild + "@x");
  const Proof proof = *VouchedAbsence(mailbox).ProofOfAbsence();
  EXPECT_TRUE(IsTame(proof.ToString())) << proof.ToString();
  EXPECT_EQ(proof.ToString().find('\n'), std::string::npos);
  const Proof malformed(*Malformed::Of("<" + wild + ">"));
  EXPECT_NE(malformed.ToString().find(kTamed), std::string::npos);
  EXPECT_TRUE(IsTame(malformed.ToString())) << malformed.ToString();
}

TEST(Reply, ShowsNothingThatAnMtaOrATerminalInterprets) {
  EXPECT_EQ(HarmlessText(kWild), "a [2J b");
}

}  // namespace
}  // namespace mailverdict

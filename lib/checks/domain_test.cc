#include "lib/checks/domain.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <variant>

#include "lib/checks/build_chain.h"
#include "lib/core/chain.h"

namespace mailverdict {
namespace {

// example.org and what is below ours.test is ours; the operator's list has
// wrong.com and, with a suggestion of its own, gmail.con.
std::shared_ptr<Policy> Ours() {
  auto policy = std::make_shared<Policy>();
  policy->realms.emplace_back();
  policy->realms[0].catch_all = true;
  policy->realm_by_domain.Add("example.org", 0);
  policy->realm_by_domain.Add("*.ours.test", 0);
  DomainCheckPolicy check;
  check.ask_dns = false;
  check.lists.push_back(*DomainList::Parse(
      "wrong.com # of old\n*.wrong.com\ngmail.con = mine.com\nexample.org\n",
      "/etc/wrong"));
  policy->checks = {check};
  return policy;
}

// What is found of the address, as sender or as recipient.
Verdict Judge(const std::shared_ptr<Policy>& policy, Stage stage,
              std::string address) {
  Transaction tx;
  tx.stage = stage;
  // The other one is listed, and nobody looks at it.
  tx.sender = stage == Stage::kMail ? address : "a@wrong.com";
  if (stage == Stage::kRcpt) tx.recipient = address;
  Evaluation found = Evaluate(BuildChain(policy), tx, Evidence());
  EXPECT_TRUE(std::holds_alternative<Verdict>(found)) << "it asked";
  return std::get<Verdict>(std::move(found));
}

TEST(Domain, WhatIsListedIsRefusedOnEachSideWithItsOwnCode) {
  const Verdict sender = Judge(Ours(), Stage::kMail, "<joe@Wrong.COM.>");
  EXPECT_EQ(sender.Line(),
            "domain reject 550 5.1.8 Sender domain cannot receive mail");
  EXPECT_EQ(sender.scope(), Scope::kMessage);
  const Verdict recipient = Judge(Ours(), Stage::kRcpt, "joe@a.b.wrong.com");
  EXPECT_EQ(recipient.Line(),
            "domain reject 550 5.1.2 Recipient domain cannot receive mail");
  EXPECT_EQ(recipient.scope(), Scope::kRecipient);
}

TEST(Domain, TheProofIsTheLineOfTheList) {
  const Verdict verdict = Judge(Ours(), Stage::kMail, "joe@wrong.com");
  ASSERT_TRUE(verdict.proof().has_value());
  EXPECT_EQ(verdict.proof()->ToString(),
            "domain wrong.com: wrong.com in /etc/wrong line 1, of old");
  EXPECT_NE(verdict.Tree().find("proof\n      domain wrong.com: "),
            std::string::npos);
}

TEST(Domain, TheListsSuggestionIsInTheReplyAndOutlivesThePolicy) {
  const Verdict ours = Judge(Ours(), Stage::kMail, "joe@gmail.con");
  EXPECT_EQ(ours.reply().text,
            "Sender domain cannot receive mail, did you mean mine.com?");
  const Verdict shipped = Judge(Ours(), Stage::kRcpt, "joe@hotmail.con");
  EXPECT_EQ(shipped.reply().text,
            "Recipient domain cannot receive mail, did you mean hotmail.com?");
}

TEST(Domain, WithoutTheShippedListOnlyTheOperatorsCounts) {
  const auto policy = Ours();
  std::get<DomainCheckPolicy>(policy->checks[0]).shipped_list = false;
  EXPECT_EQ(Judge(policy, Stage::kMail, "joe@hotmail.con").disposition(),
            Disposition::kPass);
  EXPECT_EQ(Judge(policy, Stage::kMail, "joe@wrong.com").disposition(),
            Disposition::kReject);
}

TEST(Domain, WhatHasNoListedDomainPasses) {
  const struct {
    const char* address;
    const char* why;
  } cases[] = {
      {"<>", "has no domain"},
      {"root", "has no domain"},
      {"", "not an address"},
      {"a b@wrong.com", "not an address"},
      {"joe@[192.0.2.1]", "an address literal"},
      {"joe@[IPv6:2001:db8::1]", "an address literal"},
      {"joe@good.com", ""},
      {"wrong.com@good.com", ""},
      // The realms win over both lists.
      {"joe@example.org", "domain is ours"},
      {"joe@mail.ours.test", "domain is ours"},
  };
  for (const auto& c : cases) {
    for (const Stage stage : {Stage::kMail, Stage::kRcpt}) {
      const Verdict verdict = Judge(Ours(), stage, c.address);
      EXPECT_EQ(verdict.disposition(), Disposition::kPass) << c.address;
      EXPECT_EQ(verdict.why(), c.why) << c.address;
    }
  }
}

TEST(Domain, OneCheckOfThePolicyIsJudgedAtMailAndAtRcpt) {
  const Chain chain = BuildChain(Ours());
  EXPECT_EQ(JudgedStages(chain), (StageSet{Stage::kMail, Stage::kRcpt}));
}

TEST(Domain, InShadowItIsSaidAndPasses) {
  for (const bool whole_chain : {false, true}) {
    const auto policy = Ours();
    policy->shadow = whole_chain;
    std::get<DomainCheckPolicy>(policy->checks[0]).shadow = !whole_chain;
    EXPECT_EQ(Judge(policy, Stage::kMail, "joe@wrong.com").Line(),
              "pass [in shadow, domain would reject 550 5.1.8 Sender domain "
              "cannot receive mail]");
  }
}

}  // namespace
}  // namespace mailverdict

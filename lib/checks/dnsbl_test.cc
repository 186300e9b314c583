#include "lib/checks/dnsbl.h"

#include <algorithm>

#include "lib/checks/dnsbl_testing.h"

namespace mailverdict {
namespace {

using Strings = std::vector<std::string>;

// The lists have these names, all controls pass, and each TXT record is `text`.
World Listing(std::shared_ptr<const Policy> policy, Strings names,
              std::string text = "") {
  return [=](const DnsLookup& lookup) {
    const bool listed =
        std::find(names.begin(), names.end(), lookup.name) != names.end();
    if (lookup.type == DnsType::kTxt) {
      return listed && !text.empty()
                 ? Answer(Report::Present(lookup, {text}, AnswerMoment()))
                 : Answer(NoName(lookup));
    }
    return WellAnswered(
        *policy, listed ? Report::Present(lookup, {"127.0.0.2"}, AnswerMoment())
                        : NoName(lookup));
  };
}

Outcome Judge(const std::shared_ptr<Policy>& policy, const Transaction& tx,
              const World& world) {
  return JudgeIn(world, BuildChain(policy), tx);
}

TEST(Dnsbl, AListingThatIsBorneOutIsARejectionForTheMessage) {
  const auto policy = ThreeLists();
  const Outcome outcome =
      Judge(policy, FromClient("203.0.113.9"),
            Listing(policy, {"9.113.0.203.one.example.org"}, "Spam seen."));
  EXPECT_EQ(outcome.verdict.Line(),
            "dnsbl reject 554 5.7.1 Client is on a block list, "
            "one.example.org: Spam seen.");
  EXPECT_EQ(outcome.verdict.scope(), Scope::kRecipient);
}

TEST(Dnsbl, AsksAllListsAtOnceAndTheirControlsOnlyBeforeARejection) {
  const auto policy = ThreeLists();
  const Transaction tx = FromClient("203.0.113.9");
  const Strings all{"9.113.0.203.one.example.org A",
                    "9.113.0.203.two.example.org A",
                    "9.113.0.203.ok.example.org A"};
  Outcome outcome = Judge(policy, tx, Listing(policy, {}));
  EXPECT_EQ(outcome.verdict.Line(), "pass");
  ASSERT_EQ(outcome.rounds.size(), 1u);
  EXPECT_EQ(Said(outcome.rounds[0]), all);

  // Only the answers against the client, and the text of the heaviest listing.
  outcome = Judge(policy, tx,
                  Listing(policy, {"9.113.0.203.one.example.org",
                                   "9.113.0.203.two.example.org"}));
  ASSERT_EQ(outcome.rounds.size(), 2u);
  EXPECT_EQ(Said(outcome.rounds[0]), all);
  EXPECT_EQ(
      Said(outcome.rounds[1]),
      (Strings{
          "+9.113.0.203.one.example.org A", "+9.113.0.203.two.example.org A",
          "+9.113.0.203.ok.example.org A", "9.113.0.203.two.example.org TXT"}));
}

TEST(Dnsbl, TheProofCitesWhatItTakesAndNoMore) {
  const auto policy = ThreeLists(2);
  CheckOf(*policy).lists.pop_back();
  const Strings both{"9.113.0.203.one.example.org",
                     "9.113.0.203.two.example.org"};
  const Outcome outcome =
      Judge(policy, FromClient("203.0.113.9"), Listing(policy, both));
  ASSERT_TRUE(outcome.verdict.proof().has_value());
  EXPECT_EQ(outcome.verdict.proof()->ToString(),
            "dns 9.113.0.203.two.example.org A with controls: present: "
            "127.0.0.2, vouched for by 2.0.0.127.two.example.org A, no "
            "1.0.0.127.two.example.org A, no 176.2.0.192.two.example.org A, "
            "from 192.0.2.53 connection 1 exchange 7, 08:00:00.000Z +1ms");

  CheckOf(*policy).threshold = 3;
  const Outcome heavier =
      Judge(policy, FromClient("203.0.113.9"), Listing(policy, both));
  EXPECT_EQ(heavier.verdict.proof()->cited().size(), 2u);
}

TEST(Dnsbl, AnAllowListIsCitedWhereItCouldHaveStoodUpForTheClient) {
  const auto policy = ThreeLists();
  const Transaction tx = FromClient("203.0.113.9");
  const std::string two = "9.113.0.203.two.example.org";
  const std::string ok = "9.113.0.203.ok.example.org";
  const Outcome rejected = Judge(policy, tx, Listing(policy, {two}));
  ASSERT_TRUE(rejected.verdict.proof().has_value());
  ASSERT_EQ(rejected.verdict.proof()->cited().size(), 2u);
  EXPECT_EQ(rejected.verdict.proof()->cited()[1].lookup(), Lookup(Asked(ok)));

  const Outcome allowed = Judge(policy, tx, Listing(policy, {two, ok}));
  EXPECT_EQ(allowed.verdict.Line(), "pass [listed, and weighs too little]");
  EXPECT_EQ(allowed.rounds.size(), 1u);
}

TEST(Dnsbl, AListThatListsEverybodyIsCaughtByItsControls) {
  const auto policy = ThreeLists();
  const World everybody = [&](const DnsLookup& lookup) {
    const bool one = lookup.name.find(".one.") != lookup.name.npos;
    if (!one) return WellAnswered(*policy, NoName(lookup));
    const Report listed =
        Report::Present(lookup, {"127.0.0.2"}, AnswerMoment());
    if (!lookup.with_controls) return Answer(listed);
    std::vector<Report> controls;
    for (const DnsControl& control : DnsControlsFor(*policy, lookup, kRandom)) {
      controls.push_back(
          Report::Present(control.lookup, {"127.0.0.2"}, ControlMoment()));
    }
    return VouchDns(*policy, kRandom, listed, controls);
  };
  const Outcome outcome = Judge(policy, FromClient("203.0.113.9"), everybody);
  EXPECT_EQ(outcome.verdict.Line(),
            "pass [listed, and the lists' controls do not bear it out; control "
            "1.0.0.127.one.example.org A is there, and should not be]");
}

TEST(Dnsbl, AnErrorOfAListIsNoListing) {
  const auto policy = ThreeLists();
  CheckOf(*policy).lists[0].answers.clear();
  for (const char* error : {"127.255.255.254", "127.255.255.252", "192.0.2.7",
                            "0.0.0.0", "127.0.0.2x"}) {
    const Outcome outcome =
        Judge(policy, FromClient("203.0.113.9"), [&](const DnsLookup& lookup) {
          return Answer(Report::Present(lookup, {error}, AnswerMoment()));
        });
    EXPECT_EQ(outcome.verdict.Line(), "pass") << error;
    EXPECT_EQ(outcome.rounds.size(), 1u);
  }
}

TEST(Dnsbl, WhoHasNoPublicAddressIsNotAskedFor) {
  const struct {
    const char* client;
    const char* why;
  } cases[] = {
      {"", "client is not known"},
      {"localhost", "client is not known"},
      {"[203.0.113.9]", "client is not known"},
      {"203.0.113.09", "client is not known"},
      {"127.0.0.1", "client has no public address"},
      {"10.0.0.1", "client has no public address"},
      {"::1", "client has no public address"},
      {"fe80::1", "client has no public address"},
      {"::ffff:192.168.0.1", "client has no public address"},
  };
  const auto policy = ThreeLists();
  CheckOf(*policy).lists[0].ipv6 = true;
  CheckOf(*policy).lists[1].domains = true;
  for (const Stage stage : {Stage::kConnect, Stage::kRcpt}) {
    for (const auto& c : cases) {
      const Outcome outcome =
          Judge(policy, FromClient(c.client, "joe@example.net", stage),
                Listing(policy, {}));
      EXPECT_EQ(outcome.verdict.Line(), absl::StrCat("pass [", c.why, "]"));
      EXPECT_TRUE(outcome.rounds.empty());
      EXPECT_TRUE(outcome.verdict.prefetch().empty());
    }
  }
}

TEST(Dnsbl, EachListIsAskedForWhatItHas) {
  const auto policy = ThreeLists();
  CheckOf(*policy).lists[0].ipv6 = true;
  CheckOf(*policy).lists[1].ipv4 = false;
  CheckOf(*policy).lists[1].domains = true;
  const auto asked = [&](const char* client, const std::string& sender) {
    const Outcome outcome =
        Judge(policy, FromClient(client, sender), Listing(policy, {}));
    return outcome.rounds.empty() ? Strings() : Said(outcome.rounds[0]);
  };
  EXPECT_EQ(
      asked("203.0.113.9", "Joe@Example.NET"),
      (Strings{"9.113.0.203.one.example.org A", "example.net.two.example.org A",
               "9.113.0.203.ok.example.org A"}));
  EXPECT_EQ(asked("2001:db8::9",
                  "joe@b\xC3\xBC"
                  "cher.example"),
            (Strings{"9.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0."
                     "1.0.0.2.one.example.org A",
                     "xn--bcher-kva.example.two.example.org A"}));
}

TEST(Dnsbl, ASenderThatHasNoDomainToAskForIsNotAskedFor) {
  const auto policy = ThreeLists();
  CheckOf(*policy).lists = {CheckOf(*policy).lists[1]};
  CheckOf(*policy).lists[0].ipv4 = false;
  CheckOf(*policy).lists[0].domains = true;
  policy->realms.emplace_back();
  policy->realm_by_domain.Add("*.ours.example", 0);
  const std::string label(60, 'x');
  const std::string longest =
      absl::StrCat(label, ".", label, ".", label, ".", label, ".x");
  for (const std::string& sender : std::vector<std::string>{
           "<>", "", "joe", "a b@example.net", "joe@[192.0.2.1]",
           "joe@mail.ours.example", "joe@" + longest}) {
    const Outcome outcome =
        Judge(policy, FromClient("203.0.113.9", sender), Listing(policy, {}));
    EXPECT_EQ(outcome.verdict.Line(), "pass") << sender;
    EXPECT_TRUE(outcome.rounds.empty()) << sender;
  }
}

TEST(Dnsbl, TheSendersDomainAndTheClientAreAddedUp) {
  const auto policy = ThreeLists(3);
  for (DnsList& list : CheckOf(*policy).lists) list.domains = true;
  const std::string client = "9.113.0.203.one.example.org";
  const std::string domain = "spam.example.two.example.org";
  const Transaction tx = FromClient("203.0.113.9", "joe@spam.example");
  // The heavier one is named.
  EXPECT_EQ(Judge(policy, tx, Listing(policy, {client, domain}, "Why."))
                .verdict.Line(),
            "dnsbl reject 554 5.7.1 Sender domain is on a block list, "
            "two.example.org: Why.");
  for (const std::string& one : {client, domain}) {
    EXPECT_EQ(Judge(policy, tx, Listing(policy, {one})).verdict.disposition(),
              Disposition::kPass);
  }
}

TEST(Dnsbl, TheTextOfAListIsMadeHarmlessAndCut) {
  const auto policy = ThreeLists();
  const std::string name = "9.113.0.203.one.example.org";
  const auto text = [&](const std::string& txt) {
    return Judge(policy, FromClient("203.0.113.9"),
                 Listing(policy, {name}, txt))
        .verdict.reply()
        .text;
  };
  const std::string said = "Client is on a block list, one.example.org";
  EXPECT_EQ(text("https://example.org/q?ip=203.0.113.9&x"),
            said + ": https://example.org/q?ip=203.0.113.9&x");
  EXPECT_EQ(text("\r\n250 2.0.0 \"Ok\" (see <x>); 100%0 \\ $x \x1b[31m\xff"),
            said + ": 250 2.0.0 Ok see x 100 0 x [31m");
  EXPECT_EQ(text("\xc3\xbc"), said + ":");
  EXPECT_EQ(text(std::string(5000, 'y')),
            said + ": " + std::string(kMaxReplyText - said.size() - 2, 'y'));
  // Nor does it reach a terminal, when a person asks why.
  EXPECT_NE(Judge(policy, FromClient("203.0.113.9"),
                  Listing(policy, {name}, "\x1b[31m\n"))
                .verdict.Tree()
                .find("present: \\x1b[31m\\x0a, from"),
            std::string::npos);
  // A text that was not found is left out of the reply.
  EXPECT_EQ(text(""), said);
  const World silent = [&](const DnsLookup& lookup) {
    if (lookup.type == DnsType::kTxt) return UnknownOf(lookup);
    return Listing(policy, {name})(lookup);
  };
  EXPECT_EQ(
      Judge(policy, FromClient("203.0.113.9"), silent).verdict.reply().text,
      said);
}

TEST(Dnsbl, TheListThatIsNamedIsOneThatIsBorneOut) {
  const auto policy = ThreeLists();
  const World two_is_dead = [&](const DnsLookup& lookup) {
    const bool two = lookup.name.find(".two.") != lookup.name.npos;
    if (two && lookup.with_controls) return UnknownOf(lookup);
    return Listing(
        policy, {"9.113.0.203.one.example.org", "9.113.0.203.two.example.org"},
        "Why.")(lookup);
  };
  // The text belongs to the other list, so it is left out of the reply.
  EXPECT_EQ(
      Judge(policy, FromClient("203.0.113.9"), two_is_dead).verdict.Line(),
      "dnsbl reject 554 5.7.1 Client is on a block list, one.example.org "
      "[timed out]");
}

TEST(Dnsbl, AtConnectItAsksAheadAndWaitsForNothing) {
  const auto policy = ThreeLists();
  CheckOf(*policy).lists[1].domains = true;
  const Chain chain = BuildChain(policy);
  const Transaction tx =
      FromClient("203.0.113.9", "joe@example.net", Stage::kConnect);
  const World none = [](const DnsLookup& lookup) {
    ADD_FAILURE() << lookup.name;
    return UnknownOf(lookup);
  };
  const Outcome outcome = JudgeIn(none, chain, tx);
  EXPECT_EQ(outcome.verdict.Line(), "pass");
  Strings ahead;
  for (const Lookup& lookup : outcome.verdict.prefetch()) {
    ahead.push_back(ToString(lookup));
  }
  EXPECT_EQ(ahead, (Strings{"dns 9.113.0.203.one.example.org A",
                            "dns 9.113.0.203.two.example.org A",
                            "dns 9.113.0.203.ok.example.org A"}));
  // Nor for a client of ours, or for answers that are known already.
  policy->local_networks = {*mail::IpNetwork::Parse("203.0.113.0/24")};
  EXPECT_TRUE(JudgeIn(none, chain, tx).verdict.prefetch().empty());
  policy->local_networks.clear();
  Evidence evidence;
  for (const Lookup& lookup : outcome.verdict.prefetch()) {
    evidence.Add(
        Answer(Report::Present(lookup, {"127.0.0.2"}, AnswerMoment())));
  }
  const Evaluation known = Evaluate(chain, tx, evidence);
  ASSERT_TRUE(std::holds_alternative<Verdict>(known));
  EXPECT_EQ(std::get<Verdict>(known).Line(), "pass");
  EXPECT_TRUE(std::get<Verdict>(known).prefetch().empty());
}

TEST(Dnsbl, IsJudgedAtConnectAndAtRcpt) {
  const Chain chain = BuildChain(ThreeLists());
  EXPECT_EQ(JudgedStages(chain), (StageSet{Stage::kConnect, Stage::kRcpt}));
  EXPECT_EQ(NeededStages(chain),
            (StageSet{Stage::kConnect, Stage::kMail, Stage::kRcpt}));
}

TEST(Dnsbl, InShadowItIsSaidAndPasses) {
  for (const bool whole_chain : {false, true}) {
    const auto policy = ThreeLists();
    policy->shadow = whole_chain;
    CheckOf(*policy).shadow = !whole_chain;
    EXPECT_EQ(Judge(policy, FromClient("203.0.113.9"),
                    Listing(policy, {"9.113.0.203.one.example.org"}))
                  .verdict.Line(),
              "pass [in shadow, dnsbl would reject 554 5.7.1 Client is on a "
              "block list, one.example.org]");
  }
}

}  // namespace
}  // namespace mailverdict

// What a new engine takes over from its predecessor. No proof may outlive what
// it rests on because of that.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/core/replies.h"
#include "lib/engine/engine.h"
#include "lib/history/memory_history.h"
#include "lib/loop/manual_executor_testing.h"
#include "lib/resolver/scripted_names_testing.h"
#include "lib/resolver/scripted_resolver_testing.h"

namespace mailverdict {
namespace {

// A check that rejects a proven answer (an absent mailbox, or a present name),
// defers an Unknown, and passes any other.
class LookupCheck final : public Check {
 public:
  explicit LookupCheck(Lookup lookup)
      : Check(Policy(), CheckOptions()), lookup_(std::move(lookup)) {}
  FixedText name() const override { return "lookup"; }
  Stage stage() const override { return Stage::kRcpt; }
  FactSet reads() const override { return {Fact::kRecipient}; }
  Scope scope() const override { return Scope::kRecipient; }
  Finding Examine(const Facts&, Inquiry& ask) const override {
    const Answer* answer = ask.Ask(lookup_);
    if (answer == nullptr) return Finding::Pending();
    std::optional<Proof> proof = std::holds_alternative<MailboxLookup>(lookup_)
                                     ? answer->ProofOfAbsence()
                                     : answer->ProofOfPresence();
    if (proof.has_value()) {
      return Verdict::Reject(replies::kClientListed, *std::move(proof));
    }
    if (answer->unknown()) return Verdict::Defer(replies::kDomainUnsure);
    return Verdict::Pass();
  }

 private:
  const Lookup lookup_;
};

const MailboxLookup kJoe{"people", {"joe@x.test"}, ""};
const DnsLookup kName{"x.test", DnsType::kMx};
const DnsLookup kListed{"2.2.0.192.list.test", DnsType::kA, true};
constexpr char kServer[] = "192.0.2.53";

Policy TestPolicy() {
  Policy policy;
  DirectoryPolicy people;
  people.name = "people";
  people.filter = *FilterTemplate::Parse("(mail=%a)");
  people.controls = {{"mail", "control@x.test", "uid=control"}};
  DirectoryPolicy others = people;
  others.name = "others";
  policy.directories = {people, others};
  DnsblCheckPolicy dnsbl;
  dnsbl.lists.emplace_back().zone = "list.test";
  policy.checks = {dnsbl, DomainCheckPolicy()};
  return policy;
}

class ReloadTest : public testing::Test {
 protected:
  ~ReloadTest() override {
    if (engine != nullptr) engine->Stop();
    loop.RunReady();  // log lines that were posted
  }

  // A first engine, or one that takes over from the one before.
  void Use(Policy policy, const std::string& server = kServer) {
    Engine::Services services;
    services.directories = [this](std::shared_ptr<const DirectoryPolicy> made,
                                  HealthHooks its) {
      ++made_directories;
      if (made->name != "people") return std::make_shared<ScriptedResolver>();
      people = made;
      hooks = std::move(its);
      return directory = std::make_shared<ScriptedResolver>();
    };
    services.dns = [this, server](std::shared_ptr<const Policy>) {
      ++made_names;
      names = std::make_shared<ScriptedNames>(&loop,
                                              std::vector<std::string>{server});
      names->instant = [this](const ScriptedNames::Call& call) {
        return SayOfAControl(call);
      };
      return names;
    };
    services.name_servers = {server};
    services.chain = [this](const auto&, const auto&) {
      Chain chain;
      chain.push_back(std::make_unique<LookupCheck>(lookup));
      return chain;
    };
    engine = Engine::Create(
        std::make_shared<const Policy>(std::move(policy)), &loop, &history,
        services, [](const std::string&) {}, engine.get());
  }
  std::optional<Report> SayOfAControl(const ScriptedNames::Call& call) const {
    if (!call.only_there) return std::nullopt;
    if (controls_fail) return Report::Unknown(call.lookup, "SERVFAIL");
    return call.lookup.name == "2.0.0.127.list.test"
               ? ScriptedNames::PresentReport(call.lookup, absl::ZeroDuration(),
                                              {"127.0.0.2"})
               : ScriptedNames::NoName(call.lookup, absl::ZeroDuration());
  }
  void Judge() {
    engine->Judge(Rcpt(), [this](const Transaction&, const Verdict& verdict) {
      verdicts.push_back(verdict);
    });
  }
  static Transaction Rcpt() {
    Transaction transaction;
    transaction.stage = Stage::kRcpt;
    return transaction;
  }
  // The last verdict, if there are just so many.
  std::optional<Disposition> Last(size_t count) const {
    if (verdicts.size() != count) return std::nullopt;
    return verdicts.back().disposition();
  }

  ManualExecutor loop;
  MemoryHistory history;
  Lookup lookup = kJoe;
  bool controls_fail = false;
  int made_directories = 0, made_names = 0;
  std::shared_ptr<ScriptedResolver> directory;
  std::shared_ptr<const DirectoryPolicy> people;
  HealthHooks hooks;
  std::shared_ptr<ScriptedNames> names;
  std::shared_ptr<Engine> engine;
  std::vector<Verdict> verdicts;
};

TEST_F(ReloadTest, AChangedListOfDomainsKeepsWhatDirectoriesSaid) {
  Use(TestPolicy());
  Judge();
  directory->Absent(0, *people);
  ASSERT_EQ(Last(1), Disposition::kReject);
  Policy changed = TestPolicy();
  std::get<DomainCheckPolicy>(changed.checks[1])
      .lists.push_back(*DomainList::Parse("wrong.test\n", "wrong"));
  Use(changed);
  EXPECT_EQ(made_directories, 2);
  Judge();
  EXPECT_EQ(Last(2), Disposition::kReject);
  EXPECT_EQ(directory->calls.size(), 1u);
}

TEST_F(ReloadTest, AChangedDirectoryForgetsAndTheOtherOneDoesNot) {
  Use(TestPolicy());
  Judge();
  directory->Absent(0, *people);
  Policy changed = TestPolicy();
  changed.directories[0].controls[0].dn = "uid=another";
  Use(changed);
  EXPECT_EQ(made_directories, 3);
  EXPECT_EQ(people->controls[0].dn, "uid=another");
  Judge();
  EXPECT_EQ(verdicts.size(), 1u);
  ASSERT_EQ(directory->calls.size(), 1u);  // of the new one
  directory->Present(0);
  EXPECT_EQ(Last(2), Disposition::kPass);
}

// The proof rests on controls that are no longer the policy's.
TEST_F(ReloadTest, NoProofComesBackWithAPolicyThatCameBack) {
  Use(TestPolicy());
  Judge();
  directory->Absent(0, *people);
  Policy changed = TestPolicy();
  changed.directories[0].uris = {"ldap://another"};
  Use(changed);
  Use(TestPolicy());
  Judge();
  EXPECT_EQ(verdicts.size(), 1u);
  EXPECT_EQ(directory->calls.size(), 1u);
  directory->Present(0);
}

TEST_F(ReloadTest, TroubleOfADirectoryThatWasTakenOverForgetsItsAbsences) {
  Use(TestPolicy());
  Judge();
  directory->Absent(0, *people);
  const std::weak_ptr<Engine> first = engine;
  Use(TestPolicy());
  ASSERT_TRUE(first.expired());
  hooks.on_trouble();
  Judge();
  EXPECT_EQ(verdicts.size(), 1u);
  ASSERT_EQ(directory->calls.size(), 2u);
  directory->Present(1);
  EXPECT_EQ(Last(2), Disposition::kPass);
}

// This holds whichever engine hears of the trouble first.
TEST_F(ReloadTest, VerdictsUnderWayShareWhatWasTakenOver) {
  Use(TestPolicy());
  Judge();
  Use(TestPolicy());
  Judge();
  EXPECT_EQ(directory->calls.size(), 1u);
  directory->Absent(0, *people);
  EXPECT_EQ(Last(2), Disposition::kReject);
}

TEST_F(ReloadTest, VerdictsUnderWayOfAChangedDirectoryGoOn) {
  Use(TestPolicy());
  Judge();
  const auto before = directory;
  const auto before_policy = people;
  Policy changed = TestPolicy();
  changed.directories[0].timeout = absl::Seconds(1);
  Use(changed);
  before->Absent(0, *before_policy);
  EXPECT_EQ(Last(1), Disposition::kReject);
}

TEST_F(ReloadTest, ADirectoryThatIsGoneIsLetGo) {
  Use(TestPolicy());
  const std::weak_ptr<ScriptedResolver> before = directory;
  directory.reset();
  Policy changed = TestPolicy();
  changed.directories.erase(changed.directories.begin());
  Use(changed);
  EXPECT_TRUE(before.expired());
  EXPECT_EQ(made_directories, 2);
  EXPECT_TRUE(engine->Servers("people").empty());
}

TEST_F(ReloadTest, WhatWasTakenOverHoldsNoPolicyOfOld) {
  Use(TestPolicy());
  const std::weak_ptr<const Policy> first = engine->shared_policy();
  Use(TestPolicy());
  EXPECT_TRUE(first.expired());
  EXPECT_EQ(made_directories, 2);
  EXPECT_EQ(made_names, 1);
}

TEST_F(ReloadTest, AStoppedEngineHasNothingToTakeOver) {
  Use(TestPolicy());
  engine->Stop();
  Use(TestPolicy());
  EXPECT_EQ(made_directories, 4);
  EXPECT_EQ(made_names, 2);
}

class DnsReloadTest : public ReloadTest {
 protected:
  DnsReloadTest() { lookup = kName; }
  // The first engine has been told, for an hour.
  void Learn() {
    Use(TestPolicy());
    loop.RunReady();
    Judge();
    names->Present(0, absl::Hours(1));
    ASSERT_EQ(Last(1), Disposition::kPass);
  }
  // A verdict that rests on that name.
  void LookUp(const DnsLookup& name) {
    lookup = name;
    engine->SetOverrides({});  // makes the chain anew
    Judge();
  }
  // Whether the engine of `policy` asks DNS anew.
  bool AsksAnew(Policy policy, const std::string& server = kServer) {
    const size_t given = verdicts.size();
    Use(std::move(policy), server);
    Judge();
    const bool asked = verdicts.size() == given;
    if (asked) names->Present(names->calls.size() - 1, absl::Hours(1));
    return asked;
  }
};

TEST_F(DnsReloadTest, WhatDoesNotConcernDnsKeepsWhatItSaid) {
  Learn();
  Policy changed = TestPolicy();
  changed.directories.pop_back();
  std::get<DomainCheckPolicy>(changed.checks[1])
      .lists.push_back(*DomainList::Parse("wrong.test\n", "wrong"));
  std::get<DnsblCheckPolicy>(changed.checks[0]).threshold = 9;
  EXPECT_FALSE(AsksAnew(changed));
  EXPECT_EQ(made_names, 1);
}

TEST_F(DnsReloadTest, AnotherServerForgets) {
  Learn();
  Policy changed = TestPolicy();
  changed.dns.servers = {"192.0.2.54"};
  EXPECT_TRUE(AsksAnew(changed));
}

// As when resolv.conf has changed.
TEST_F(DnsReloadTest, AnotherServerThatThePolicyDoesNotNameForgets) {
  Learn();
  EXPECT_TRUE(AsksAnew(TestPolicy(), "192.0.2.54"));
  EXPECT_EQ(engine->DnsServers(nullptr)[0].uri, "192.0.2.54");
}

TEST_F(DnsReloadTest, AnotherListForgets) {
  Learn();
  Policy changed = TestPolicy();
  std::get<DnsblCheckPolicy>(changed.checks[0]).lists.emplace_back().zone =
      "another.test";
  EXPECT_TRUE(AsksAnew(changed));
}

TEST_F(DnsReloadTest, AnEngineThatAsksNoDnsLetsItGo) {
  Learn();
  Policy none = TestPolicy();
  none.checks = {RecipientPolicy()};
  Use(none);
  EXPECT_EQ(loop.timers(), 0u);  // no round of controls to come
  EXPECT_TRUE(AsksAnew(TestPolicy()));
}

TEST_F(DnsReloadTest, TheStateOfControlsStays) {
  controls_fail = true;
  Use(TestPolicy());
  loop.RunReady();
  const auto list = [this] {
    return &engine->policy().FindCheck<DnsblCheckPolicy>()->lists[0];
  };
  ASSERT_TRUE(engine->DnsServers(list())[0].failing);
  const absl::Time since = engine->DnsServers(list())[0].since;
  loop.Advance(absl::Milliseconds(1));
  Use(TestPolicy());
  ASSERT_EQ(engine->DnsServers(list()).size(), 1u);
  EXPECT_TRUE(engine->DnsServers(list())[0].failing);
  EXPECT_EQ(engine->DnsServers(list())[0].since, since);
  DnsList other;
  other.zone = "another.test";
  EXPECT_TRUE(engine->DnsServers(&other).empty());
}

// A listing was proven a moment ago, and its proof is kept for half a minute.
// The list fails meanwhile.
TEST_F(DnsReloadTest, AListThatFailsAfterAReloadHasItsProofsDropped) {
  Use(TestPolicy());
  loop.Advance(absl::Seconds(1));
  LookUp(kListed);
  names->Present(0, absl::Hours(1), {"127.0.0.2"});
  ASSERT_EQ(Last(1), Disposition::kReject);
  const absl::Time proven = loop.Now();
  const std::weak_ptr<Engine> first = engine;
  Use(TestPolicy());
  ASSERT_TRUE(first.expired());
  loop.Advance(absl::Seconds(2));
  LookUp(kListed);
  ASSERT_EQ(Last(2), Disposition::kReject);  // the proof was taken over
  controls_fail = true;
  LookUp({"9.2.0.192.list.test", DnsType::kA});
  names->Unknown(1);  // so the list is tested
  loop.Advance(absl::Seconds(2));
  ASSERT_EQ(Last(3), Disposition::kDefer);
  LookUp(kListed);
  EXPECT_EQ(Last(4), Disposition::kDefer);
  EXPECT_LT(loop.Now() - proven, DnsCache::kKeepProof);
}

}  // namespace
}  // namespace mailverdict

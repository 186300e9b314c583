// Rounds of controls, in virtual time: when they begin, which answers they
// serve, what they find, and what becomes of the answers that wait for them.

#include "lib/dns/controls.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "lib/core/dns_vouch.h"
#include "lib/dns/voucher.h"
#include "lib/loop/manual_executor_testing.h"
#include "lib/resolver/scripted_names_testing.h"

namespace mailverdict {
namespace {

constexpr char kServer[] = "192.0.2.53";
constexpr char kOther[] = "192.0.2.54";

Policy TestPolicy() {
  Policy policy;
  DnsblCheckPolicy dnsbl;
  dnsbl.lists.emplace_back().zone = "list.example";
  policy.checks = {dnsbl};
  policy.dns.controls = {{"wild.example.org", true}};
  return policy;
}

class DnsControlsTest : public testing::Test {
 protected:
  DnsControlsTest() {
    names.instant = [this](const ScriptedNames::Call& call) {
      return Say(call);
    };
    Open(TestPolicy());
  }
  // Log lines may still be posted after the controls are destroyed.
  ~DnsControlsTest() override {
    voucher.reset();
    controls.reset();
    loop.RunPosted();
  }
  void Open(Policy of) {
    voucher.reset();
    policy = std::make_shared<const Policy>(std::move(of));
    controls = std::make_unique<DnsControls>(
        policy, &loop, &names, [this] { return ++random; },
        [this](const std::string& server, const DnsList* list) {
          HealthHooks hooks;
          hooks.log = [this](const std::string& line) { log.push_back(line); };
          hooks.on_trouble = [this, server, list] {
            ++troubles[server + (list == nullptr ? "" : " " + list->zone)];
          };
          return hooks;
        });
    voucher = std::make_unique<DnsVoucher>(
        policy, &loop, &names, controls.get(),
        [this](const std::string& line) { log.push_back(line); });
  }

  // The answer of a healthy server; nullopt for a question that `late` holds
  // back.
  std::optional<Report> Say(const ScriptedNames::Call& call) {
    const std::string& name = call.lookup.name;
    if (call.only_there) {
      sent[name.substr(name.find('.') + 1)].push_back(call.sent);
      servers.insert(call.server);
    }
    if (late(call)) return std::nullopt;
    if (broken(call)) return Report::Unknown(call.lookup, "it answers REFUSED");
    if (invents(call)) {
      return ScriptedNames::PresentReport(call.lookup, absl::Seconds(60));
    }
    const bool there = absl::EndsWith(name, ".wild.example.org") ||
                       name == "2.0.0.127.list.example" ||
                       (name == "9.2.0.192.list.example" &&
                        !call.only_there) ||  // a control may ask for it, too
                       name == "null.example.org";
    return there ? ScriptedNames::PresentReport(call.lookup, absl::Seconds(60),
                                                {"127.0.0.2"})
                 : ScriptedNames::NoName(call.lookup, absl::Seconds(60));
  }
  // The number of rounds that have begun, for names and for the list.
  size_t name_rounds() const { return Count("wild.example.org"); }
  size_t list_rounds() const { return Count("0.0.127.list.example") / 2; }
  size_t Count(const std::string& parent) const {
    const auto found = sent.find(parent);
    return found == sent.end() ? 0 : found->second.size();
  }

  void Ask(const std::string& name, bool with_controls = true) {
    voucher->Resolve({name, DnsType::kA, with_controls},
                     [this](const Answer& a) { answers.push_back(a); });
  }
  // Asks, and waits until a round that may be delayed has answered.
  void AskAndWait(const std::string& name) {
    const size_t before = answers.size();
    Ask(name);
    loop.Advance(DnsControls::kMinRoundInterval);
    ASSERT_EQ(answers.size(), before + 1);
  }
  const Answer& last() const { return answers.back(); }
  static bool Always(const ScriptedNames::Call&) { return true; }
  static bool Never(const ScriptedNames::Call&) { return false; }
  static bool OfTheList(const ScriptedNames::Call& call) {
    return absl::EndsWith(call.lookup.name, ".list.example");
  }
  static bool IsControl(const ScriptedNames::Call& call) {
    return call.only_there;
  }
  bool Logged(const std::string& words) const {
    return std::any_of(log.begin(), log.end(), [&](const std::string& line) {
      return absl::StrContains(line, words);
    });
  }

  using Which = std::function<bool(const ScriptedNames::Call&)>;
  Which late = &Never, broken = &Never, invents = &Never;

  ManualExecutor loop;
  ScriptedNames names{&loop, {kServer, kOther}};
  uint64_t random = 0;
  std::map<std::string, std::vector<absl::Time>> sent;  // by all but the label
  std::set<std::string> servers;                        // of controls
  std::vector<std::string> log;
  std::map<std::string, int> troubles;
  std::shared_ptr<const Policy> policy;
  std::unique_ptr<DnsControls> controls;
  std::unique_ptr<DnsVoucher> voucher;
  std::vector<Answer> answers;
};

TEST_F(DnsControlsTest, AnAbsenceIsVouchedForByARoundAtTheSameServer) {
  Ask("gone.example.org");
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_TRUE(last().absent() && last().proven()) << last().ToString();
  EXPECT_EQ(name_rounds(), 1u);
  EXPECT_EQ(servers, std::set<std::string>{kServer});
  EXPECT_EQ(last().origin().server, kServer);
}

TEST_F(DnsControlsTest, WhatIsThereIsVouchedForToo) {
  Ask("null.example.org");
  EXPECT_TRUE(last().ProofOfPresence().has_value()) << last().ToString();
  Ask("9.2.0.192.list.example");
  EXPECT_TRUE(last().ProofOfPresence().has_value()) << last().ToString();
  EXPECT_EQ(name_rounds(), 1u);
  EXPECT_EQ(list_rounds(), 1u);
}

TEST_F(DnsControlsTest, WhatNoControlCanVouchForCostsNone) {
  Ask("gone.example.org", false);
  Ask("9.2.0.192.list.example", false);
  Ask("8.2.0.192.list.example");  // in no list
  EXPECT_TRUE(last().absent());
  broken = [](const auto& call) { return call.lookup.name == "x.org"; };
  Ask("x.org");
  EXPECT_TRUE(last().unknown());
  Policy without = TestPolicy();
  without.dns.controls.clear();
  Open(without);
  Ask("gone.example.org");
  EXPECT_TRUE(last().absent());
  for (const Answer& answer : answers) EXPECT_FALSE(answer.proven());
  EXPECT_EQ(answers.size(), 5u);
  EXPECT_TRUE(sent.empty());
}

TEST_F(DnsControlsTest, WhoComesWhileARoundIsUnderWayWaitsForTheNext) {
  late = &IsControl;
  Ask("a.example.org");
  const size_t first = names.calls.size();
  EXPECT_EQ(name_rounds(), 1u);
  loop.Advance(absl::Milliseconds(20));
  for (int i = 0; i < 100; ++i) Ask("b.example.org");
  loop.Advance(absl::Seconds(1));
  EXPECT_EQ(name_rounds(), 1u);
  EXPECT_TRUE(answers.empty());
  late = &Never;
  const absl::Time end_of_first = loop.Now();
  for (size_t i = 0; i < first; ++i) {
    late = &IsControl;
    const bool positive = absl::EndsWith(names.calls[i].lookup.name, "org");
    if (positive) {
      names.Present(i, absl::Seconds(60));
    } else {
      names.Absent(i, Absence::kNoName, absl::Seconds(60));
    }
  }
  // The first lookup has its answer. The others share a second round.
  EXPECT_EQ(answers.size(), 1u);
  EXPECT_TRUE(last().proven()) << last().ToString();
  EXPECT_EQ(name_rounds(), 2u);
  EXPECT_EQ(sent["wild.example.org"].back(), end_of_first);
  for (size_t i = first; i < 2 * first; ++i) {
    const bool positive = absl::EndsWith(names.calls[i].lookup.name, "org");
    if (positive) {
      names.Present(i, absl::Seconds(60));
    } else {
      names.Absent(i, Absence::kNoName, absl::Seconds(60));
    }
  }
  EXPECT_EQ(answers.size(), 101u);
  for (const Answer& answer : answers) EXPECT_TRUE(answer.proven());
}

TEST_F(DnsControlsTest, RoundsOfOneKindBeginATenthOfASecondApart) {
  for (int i = 0; i < 500; ++i) {
    Ask("gone.example.org");
    Ask("9.2.0.192.list.example");
    loop.Advance(absl::Milliseconds(2));
  }
  loop.Advance(absl::Milliseconds(100));
  EXPECT_EQ(answers.size(), 1000u);
  for (const Answer& answer : answers) EXPECT_TRUE(answer.proven());
  // One second: one round at its beginning, then one every 100 ms.
  EXPECT_EQ(name_rounds(), 11u);
  EXPECT_EQ(list_rounds(), 11u);
  const std::vector<absl::Time>& times = sent["wild.example.org"];
  for (size_t i = 1; i < times.size(); ++i) {
    EXPECT_GE(times[i] - times[i - 1], absl::Milliseconds(100));
  }
}

TEST_F(DnsControlsTest, EachRoundHasRandomLabelsOfItsOwn) {
  Ask("gone.example.org");
  loop.Advance(absl::Seconds(1));
  std::set<std::string> seen;
  names.instant = [&](const ScriptedNames::Call& call) {
    seen.insert(call.lookup.name);
    return Say(call);
  };
  Ask("gone.example.org");
  EXPECT_EQ(seen.count("mv0000000000000002.wild.example.org"), 1u);
  EXPECT_EQ(seen.count("mv0000000000000002.com"), 1u);
}

TEST_F(DnsControlsTest, AContradictionMakesUnknownAndIsToldOnce) {
  invents = &Always;
  Ask("gone.example.org");
  EXPECT_TRUE(last().unknown());
  EXPECT_TRUE(absl::StrContains(last().reason(), "should not be"))
      << last().reason();
  loop.RunReady();
  ASSERT_EQ(log.size(), 1u);
  EXPECT_EQ(log[0].find("dns 192.0.2.53 FAILS: control mv0000000000000001.com"),
            0u)
      << log[0];
  EXPECT_EQ(troubles[kServer], 1);
  // Another round soon finds the same fault, which is not logged again so soon.
  loop.Advance(absl::Seconds(1));
  Ask("gone.example.org");
  EXPECT_EQ(log.size(), 1u);
  const ServerState state = controls->states(nullptr)[0];
  EXPECT_TRUE(state.failing);
  EXPECT_EQ(state.uri, kServer);
  EXPECT_EQ(controls->states(nullptr)[1].since, absl::InfinitePast());
  loop.Advance(absl::Minutes(5) + DnsControls::kLastRetestFailing);
  EXPECT_EQ(log.size(), 2u);
}

TEST_F(DnsControlsTest, WhatFailsIsTestedEverMoreSeldomUntilItHeals) {
  broken = &IsControl;
  Ask("gone.example.org");
  EXPECT_TRUE(last().unknown());
  size_t rounds = 1;
  for (const int pause : {1, 2, 4, 8, 16, 32, 32}) {
    loop.Advance(absl::Seconds(pause) - absl::Nanoseconds(1));
    EXPECT_EQ(name_rounds(), rounds) << pause;
    loop.Advance(absl::Nanoseconds(1));
    EXPECT_EQ(name_rounds(), ++rounds) << pause;
  }
  broken = &Never;
  loop.Advance(absl::Seconds(32));
  EXPECT_EQ(name_rounds(), ++rounds);
  EXPECT_TRUE(Logged("dns 192.0.2.53 is well again, after 2m7s"));
  EXPECT_FALSE(controls->states(nullptr)[0].failing);
  AskAndWait("gone.example.org");
  EXPECT_TRUE(last().proven());
  // At the next failure the pauses begin anew.
  broken = &IsControl;
  loop.Advance(absl::Minutes(10));
  rounds = name_rounds();
  loop.Advance(absl::Seconds(1));
  EXPECT_EQ(name_rounds(), rounds + 1);
}

TEST_F(DnsControlsTest, AllIsTestedAtTheStartAndEveryTenMinutes) {
  controls->StartTests();
  EXPECT_EQ(name_rounds(), 2u);  // one at each server
  EXPECT_EQ(list_rounds(), 2u);
  EXPECT_EQ(servers.size(), 2u);
  loop.Advance(absl::Minutes(10) - absl::Nanoseconds(1));
  EXPECT_EQ(list_rounds(), 2u);
  loop.Advance(absl::Nanoseconds(1));
  EXPECT_EQ(name_rounds(), 4u);
  EXPECT_EQ(list_rounds(), 4u);
  EXPECT_TRUE(log.empty());
  EXPECT_EQ(
      controls->states(&policy->FindCheck<DnsblCheckPolicy>()->lists[0]).size(),
      2u);
  EXPECT_NE(
      controls->states(&policy->FindCheck<DnsblCheckPolicy>()->lists[0])[1]
          .since,
      absl::InfinitePast());
}

TEST_F(DnsControlsTest, NamesWithoutAPositiveControlAreNotTestedUnasked) {
  Policy without = TestPolicy();
  without.dns.controls.clear();
  Open(without);
  controls->StartTests();
  EXPECT_EQ(Count("com"), 0u);
  EXPECT_EQ(list_rounds(), 2u);
  Ask("null.example.org");
  EXPECT_EQ(Count("com"), 2u);
  EXPECT_TRUE(last().proven()) << last().ToString();
  loop.Advance(absl::Minutes(30));
  EXPECT_EQ(Count("com"), 2u);
}

TEST_F(DnsControlsTest, WithNoControlAtAllNothingIsVouchedFor) {
  Policy without = TestPolicy();
  without.dns.controls.clear();
  without.dns.absent_below.clear();
  Open(without);
  Ask("null.example.org");
  EXPECT_TRUE(last().present());
  EXPECT_FALSE(last().proven());
  EXPECT_EQ(controls->states(nullptr)[0].since, absl::InfinitePast());
}

TEST_F(DnsControlsTest, AListThatFailsIsNotAskedUntilItHeals) {
  broken = &OfTheList;
  controls->StartTests();
  loop.RunReady();
  EXPECT_TRUE(
      Logged("list list.example (192.0.2.53) FAILS: control "
             "2.0.0.127.list.example A is unknown"));
  EXPECT_EQ(troubles["192.0.2.53 list.example"], 1);
  broken = &Never;
  size_t asked = 0;
  names.instant = [&](const ScriptedNames::Call& call) {
    ++asked;
    return Say(call);
  };
  for (const bool with_controls : {false, true}) {
    Ask("9.2.0.192.list.example", with_controls);
    EXPECT_TRUE(last().unknown());
    EXPECT_TRUE(absl::StrContains(last().reason(), "the list fails: control"))
        << last().reason();
  }
  EXPECT_EQ(asked, 0u);
  AskAndWait("gone.example.org");  // DNS is well
  EXPECT_TRUE(last().proven());
  loop.Advance(absl::Minutes(1));
  AskAndWait("9.2.0.192.list.example");
  EXPECT_TRUE(last().proven()) << last().ToString();
}

TEST_F(DnsControlsTest, AListThatFailsAtOneServerOnlyIsAsked) {
  broken = [](const auto& call) {
    return OfTheList(call) && call.server == kOther;
  };
  controls->StartTests();
  AskAndWait("9.2.0.192.list.example");
  EXPECT_TRUE(last().proven()) << last().ToString();
}

TEST_F(DnsControlsTest, AListThatCouldNotBeAskedIsTestedAtOnce) {
  broken = &OfTheList;
  Ask("9.2.0.192.list.example", false);
  EXPECT_EQ(list_rounds(), 2u);  // at each server
  names.instant = [](const auto&) {
    ADD_FAILURE() << "it was asked again";
    return std::nullopt;
  };
  Ask("8.2.0.192.list.example", false);
  EXPECT_TRUE(last().unknown());
}

TEST_F(DnsControlsTest, AListOfTheWholeWorldListsNobody) {
  invents = &OfTheList;
  Ask("7.2.0.192.list.example");
  EXPECT_TRUE(last().unknown());
  EXPECT_EQ(list_rounds(), 1u);
}

// DNS has failed since the last round, and the next one is due in ten minutes.
TEST_F(DnsControlsTest, TheStateFollowsOrdinaryLookups) {
  controls->StartTests();
  loop.Advance(absl::Minutes(2));
  ASSERT_FALSE(controls->states(nullptr)[0].failing);
  broken = &Always;
  Ask("there.example.org", false);
  loop.RunReady();
  EXPECT_TRUE(last().unknown());
  EXPECT_TRUE(controls->states(nullptr)[0].failing);
  EXPECT_TRUE(absl::StrContains(controls->states(nullptr)[0].why, "REFUSED"))
      << controls->states(nullptr)[0].why;
  // The other server was not asked, so its state is not known.
  EXPECT_FALSE(controls->states(nullptr)[1].failing);
  EXPECT_TRUE(Logged("dns 192.0.2.53 FAILS: control "));
  // An answer to an ordinary lookup does not end the failure: the control is
  // still missing.
  broken = &IsControl;
  Ask("there.example.org", false);
  loop.Advance(absl::Seconds(10));
  EXPECT_TRUE(controls->states(nullptr)[0].failing);
  broken = &Never;
  loop.Advance(DnsControls::kLastRetestFailing);
  EXPECT_FALSE(controls->states(nullptr)[0].failing);
}

// No round has begun, and without a positive control names are not tested
// regularly.
TEST_F(DnsControlsTest, TheStateFollowsLookupsOfNamesThatAreNotRetested) {
  Policy without = TestPolicy();
  without.dns.controls.clear();
  Open(without);
  controls->StartTests();
  broken = &Always;
  Ask("there.example.org", false);
  loop.RunReady();
  EXPECT_TRUE(controls->states(nullptr)[0].failing);
  broken = &Never;
  loop.Advance(absl::Minutes(1));
  EXPECT_FALSE(controls->states(nullptr)[0].failing);
}

// SERVFAIL may come from the servers of the name.
TEST_F(DnsControlsTest, ANameThatCannotBeLookedUpFailsNoServer) {
  broken = [](const auto& call) { return call.lookup.name == "x.org"; };
  controls->StartTests();
  for (int i = 0; i < 100; ++i) {
    Ask("x.org", false);
    loop.Advance(absl::Milliseconds(100));
  }
  EXPECT_FALSE(controls->states(nullptr)[0].failing);
  EXPECT_TRUE(log.empty());
  // One round a second tests the server, and only this server.
  EXPECT_EQ(name_rounds(), 2u + 10u);
  for (size_t i = 2; i < name_rounds(); ++i) {
    const std::vector<absl::Time>& times = sent["wild.example.org"];
    EXPECT_GE(times[i] - times[i - 1], DnsControls::kMinSuspectInterval) << i;
  }
}

TEST_F(DnsControlsTest, WithoutControlsTheLookupsDecide) {
  Policy without = TestPolicy();
  without.dns.controls.clear();
  without.dns.absent_below.clear();
  Open(without);
  controls->StartTests();
  broken = &Always;
  for (int i = 1; i < DnsControls::kNamesUnknown; ++i) {
    Ask(std::string(1, static_cast<char>('a' + i)) + ".org", false);
    // The same name again does not count.
    for (int j = 0; j < 10; ++j) {
      Ask(std::string(1, static_cast<char>('a' + i)) + ".org", false);
    }
  }
  EXPECT_FALSE(controls->states(nullptr)[0].failing);
  broken = &Never;
  Ask("there.org", false);  // begins anew
  broken = &Always;
  for (int i = 1; i <= DnsControls::kNamesUnknown; ++i) {
    EXPECT_FALSE(controls->states(nullptr)[0].failing) << i;
    Ask(std::string(1, static_cast<char>('a' + i)) + ".org", false);
  }
  loop.RunReady();
  EXPECT_TRUE(controls->states(nullptr)[0].failing);
  EXPECT_EQ(troubles[kServer], 1);
  EXPECT_TRUE(
      Logged("it could not answer for any of the last 5 names: it answers "
             "REFUSED; no mail is rejected"));
  broken = &Never;
  Ask("there.org", false);
  EXPECT_FALSE(controls->states(nullptr)[0].failing);
}

TEST_F(DnsControlsTest, ARoundThatIsAskedForPutsOffTheNextOne) {
  controls->StartTests();
  loop.Advance(absl::Minutes(4));
  AskAndWait("gone.example.org");
  ASSERT_EQ(name_rounds(), 3u);
  loop.Advance(absl::Minutes(8));
  // After ten minutes the other server had its next round; this one's is due
  // after 14.
  EXPECT_EQ(name_rounds(), 4u);
  loop.Advance(absl::Minutes(3));
  EXPECT_EQ(name_rounds(), 5u);
}

// However many lookups ask for a round, a kind has one next round.
TEST_F(DnsControlsTest, RoundsDoNotMultiply) {
  controls->StartTests();
  for (int i = 0; i < 50; ++i) {
    AskAndWait("gone.example.org");
    loop.Advance(absl::Seconds(5));
  }
  EXPECT_EQ(loop.timers(), 4u);  // names and the list, at each server
  const size_t rounds = name_rounds();
  loop.Advance(absl::Hours(1));
  EXPECT_EQ(name_rounds(), rounds + 12);
}

TEST_F(DnsControlsTest, AFailedLookupDoesNotHurryAKindThatIsFailing) {
  broken = &Always;
  Ask("a.example.org", false);
  loop.RunReady();
  ASSERT_TRUE(controls->states(nullptr)[0].failing);
  for (int i = 0; i < 30; ++i) {
    Ask("b.example.org", false);
    loop.Advance(absl::Seconds(1));
  }
  EXPECT_EQ(name_rounds(), 5u);  // after 0, 1, 3, 7 and 15 seconds
}

// Names without a positive control are tested only while they are unsteady.
TEST_F(DnsControlsTest, AKindThatFlapsIsTestedUntilItIsSteady) {
  Policy without = TestPolicy();
  without.dns.controls.clear();
  Open(without);
  for (int i = 0; i < 3; ++i) {
    broken = &Always;
    Ask("a.example.org", false);
    loop.RunReady();
    broken = &Never;
    loop.Advance(absl::Seconds(10));
  }
  EXPECT_TRUE(Logged("dns 192.0.2.53 is UNSTEADY: it failed 3 times"));
  EXPECT_TRUE(absl::StrContains(controls->states(nullptr)[0].why, "unsteady"));
  loop.Advance(absl::Minutes(11));
  EXPECT_TRUE(Logged("dns 192.0.2.53 is steady again"));
  EXPECT_EQ(controls->states(nullptr)[0].why, "");
}

// The controls pass, but no other lookup is answered.
TEST_F(DnsControlsTest, AnAlarmTellsOfAnHourWithoutAnAnswer) {
  broken = [](const auto& call) { return !IsControl(call); };
  controls->StartTests();
  for (int i = 0; i < 61; ++i) {
    EXPECT_TRUE(log.empty());
    Ask("gone.example.org", i % 2 == 0);
    Ask("9.2.0.192.list.example", false);
    loop.Advance(absl::Minutes(1));
  }
  EXPECT_EQ(log.size(), 2u);
  EXPECT_TRUE(
      Logged("dns ALARM: no lookup was answered since 2027-01-15T08:00:"
             "00Z (61 were Unknown)"));
  EXPECT_TRUE(Logged("list list.example ALARM"));
  EXPECT_TRUE(Logged("by dig"));
  broken = &Never;
  Ask("gone.example.org", false);
  EXPECT_EQ(log.size(), 3u);
  EXPECT_TRUE(Logged("dns answers lookups again, after 1h1m"));
}

TEST_F(DnsControlsTest, MayBeDestroyedByTheOneItAnswersAndWhileAsking) {
  int done = 0;
  late = &IsControl;
  voucher->Resolve({"gone.example.org", DnsType::kA, true},
                   [&](const Answer&) { ++done; });
  voucher.reset();
  controls.reset();
  for (size_t i = 0; i < names.calls.size(); ++i) names.Unknown(i);
  EXPECT_EQ(done, 0);
  EXPECT_EQ(loop.timers(), 0u);

  names.calls.clear();
  Open(TestPolicy());
  late = &Always;
  for (int i = 0; i < 3; ++i) {
    controls->Ask(kServer, {"gone.example.org", DnsType::kA, true},
                  [&](const DnsControls::Round&) {
                    ++done;
                    voucher.reset();
                    controls.reset();
                  });
  }
  for (size_t i = 0; i < names.calls.size(); ++i) names.Unknown(i);
  EXPECT_EQ(done, 1);
  EXPECT_EQ(loop.timers(), 0u);
}

TEST_F(DnsControlsTest, AServerOfNobodysGivesAnEmptyRound) {
  bool empty = false;
  controls->Ask(
      "192.0.2.99", {"gone.example.org", DnsType::kA, true},
      [&](const DnsControls::Round& round) { empty = round.reports.empty(); });
  EXPECT_TRUE(empty);
}

}  // namespace
}  // namespace mailverdict

// In every case, the n-th question of the engine to a server fails or is never
// answered, once or from then on. There must be a verdict in time, no rejection
// may come of the failure, and no rejection may rest on what failed.

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "lib/cases/given_answer.h"
#include "lib/cases/run_case.h"
#include "lib/core/dns_vouch.h"
#include "lib/engine/engine.h"
#include "lib/history/memory_history.h"
#include "lib/loop/manual_executor_testing.h"
#include "lib/mail/domain.h"
#include "lib/resolver/scripted_names_testing.h"
#include "lib/resolver/scripted_resolver_testing.h"
#include "tests/evidence/loaded_cases.h"

namespace mailverdict {
namespace {

struct Failing {
  size_t nth = 0;  // counts from 1; 0: nothing fails
  bool from_then_on = false;
  bool silent = false;  // no answer at all
};

// A history that answers as the case says, or else from what was remembered.
class GivenHistory final : public History {
 public:
  GivenHistory(const CaseStep& step, const Policy& policy, History* memory)
      : step_(step), policy_(policy), memory_(memory) {}

  Report Read(const HistoryLookup& lookup) override {
    const GivenAnswer* given = FindGiven(step_, lookup);
    if (given == nullptr) return memory_->Read(lookup);
    return Give(*given, lookup, policy_, step_.transaction.now)->report();
  }
  void Write(const Observation& observation) override {
    written.push_back(observation);
  }
  absl::Status ReleaseHold(std::string_view) override { return {}; }
  absl::Status MarkDomain(const std::string&, MissingDomain::Mark,
                          absl::Time) override {
    return {};
  }
  absl::Status ForgetDomain(const std::string&) override { return {}; }
  absl::Status ForEachDomain(const DomainVisitor&) override { return {}; }

  std::vector<Observation> written;

 private:
  const CaseStep& step_;
  const Policy& policy_;
  History* const memory_;
};

// One verdict of an engine whose servers answer as the case says.
class World {
 public:
  World(const LoadedCase& filed, const CaseStep& step, History* memory,
        Failing failing)
      : policy_(filed.policy),
        step_(step),
        failing_(failing),
        loop_(ManualExecutor::Clock::kVirtual, step.transaction.now),
        history_(step, *policy_, memory) {
    Engine::Services services;
    services.directories = [this](const auto&, HealthHooks) {
      return Directory();
    };
    services.dns = [this](const auto&) { return Names(); };
    engine_ = Engine::Create(policy_, &loop_, &history_, services,
                             [](const std::string&) {});
    engine_->SetOverrides(step.overrides);
    loop_.Advance(absl::Seconds(2));  // the tests of the engine at its start
    counting_ = true;
  }
  ~World() {
    // A question that was never answered keeps its verdict alive, and the
    // verdict keeps its engine alive.
    engine_->Stop();
    loop_.Advance(absl::Minutes(1));
  }

  // nullopt if there was no verdict before the deadline.
  std::optional<Verdict> Judge() {
    std::optional<Verdict> verdict;
    engine_->Judge(step_.transaction,
                   [&](const Transaction&, const Verdict& given) {
                     EXPECT_FALSE(verdict.has_value()) << "a second verdict";
                     verdict = given;
                   });
    loop_.Advance(policy_->deadline);
    return verdict;
  }

  size_t questions() const { return questions_; }
  const std::vector<Lookup>& failed() const { return failed_; }
  const std::set<std::string>& answered_names() const { return names_; }
  const std::vector<Observation>& written() const { return history_.written; }

 private:
  // Counts the question and decides whether it fails.
  bool Fails(const Lookup& lookup) {
    if (!counting_) return false;
    const size_t n = ++questions_;
    const bool fails =
        n == failing_.nth || (failing_.from_then_on && n > failing_.nth);
    if (fails) failed_.push_back(lookup);
    return fails;
  }

  std::shared_ptr<MailboxResolver> Directory() {
    auto directory = std::make_shared<ScriptedResolver>();
    directory->instant =
        [this](const MailboxLookup& lookup) -> std::optional<Answer> {
      const Answer unknown(Report::Unknown(lookup, "it fails"));
      if (Fails(lookup)) {
        if (failing_.silent) return std::nullopt;
        return unknown;
      }
      const GivenAnswer* given = FindGiven(step_, lookup);
      if (given == nullptr) return unknown;
      return *Give(*given, lookup, *policy_, loop_.Now());
    };
    return directory;
  }

  std::shared_ptr<NameServers> Names() {
    auto names = std::make_shared<ScriptedNames>(&loop_);
    names->instant =
        [this](const ScriptedNames::Call& call) -> std::optional<Report> {
      const Report unknown = Report::Unknown(call.lookup, "it fails");
      if (Fails(call.lookup)) {
        if (failing_.silent) return std::nullopt;
        return unknown;
      }
      names_.insert(call.lookup.name);
      if (call.only_there) return ControlAt(call.lookup);
      const GivenAnswer* given = FindGiven(step_, call.lookup);
      if (given == nullptr) return unknown;
      // The Deviations are about controls. The engine asks for these in calls
      // of their own, which are answered above.
      GivenAnswer plain = *given;
      plain.deviations.clear();
      DnsLookup asked = call.lookup;
      asked.with_controls = false;
      Report report = Give(plain, asked, *policy_, loop_.Now())->report();
      report.lookup = call.lookup;
      return report;
    };
    return names;
  }

  // The answer of a good control. A random label is present if it is below a
  // positive control.
  Report ControlAt(const DnsLookup& lookup) const {
    bool present = false;
    for (const DnsControl& control : DnsControlsFor(*policy_, lookup, 0)) {
      present |= control.present && control.lookup.name == lookup.name;
    }
    for (const DnsPolicy::Control& control : policy_->dns.controls) {
      present |= mail::IsBelow(lookup.name, control.name);
    }
    return ScriptedNames::AsItShouldBe({lookup, present});
  }

  const std::shared_ptr<const Policy> policy_;
  const CaseStep& step_;
  const Failing failing_;
  ManualExecutor loop_;
  GivenHistory history_;
  std::shared_ptr<Engine> engine_;
  bool counting_ = false;
  size_t questions_ = 0;
  std::vector<Lookup> failed_;
  std::set<std::string> names_;  // DNS names that were answered
};

// Checks that each control that vouches for `cited` was answered. vouched_by()
// is "canary@example.org (mail)" or "control.example.org A, no x.com MX".
void ExpectAnsweredControls(const Answer& cited, const World& world) {
  if (!std::holds_alternative<DnsLookup>(cited.lookup())) return;
  for (absl::string_view control : absl::StrSplit(cited.vouched_by(), ", ")) {
    if (control.substr(0, 3) == "no ") control.remove_prefix(3);
    const std::string name(control.substr(0, control.find(' ')));
    EXPECT_EQ(world.answered_names().count(name), 1u)
        << name << " vouches, and has not answered";
  }
}

void ExpectNoBounce(const Verdict& whole, const Verdict& verdict,
                    const World& world) {
  if (verdict.disposition() != Disposition::kReject) return;
  EXPECT_EQ(whole.disposition(), Disposition::kReject) << verdict.Tree();
  for (const Answer& cited : verdict.proof()->cited()) {
    EXPECT_FALSE(cited.unknown()) << verdict.Tree();
    for (const Lookup& failed : world.failed()) {
      EXPECT_FALSE(cited.lookup() == failed) << verdict.Tree();
    }
    ExpectAnsweredControls(cited, world);
  }
}

// False if the case has a DNS control that does not behave as it should, since
// the servers here cannot play that.
bool CanBePlayed(const CaseStep& step) {
  return std::none_of(step.given.begin(), step.given.end(),
                      [](const GivenAnswer& given) {
                        return given.lookup.compare(0, 4, "dns ") == 0 &&
                               !given.deviations.empty();
                      });
}

size_t failures = 0;

void TryFailures(const LoadedCase& filed) {
  MemoryHistory memory;
  for (const CaseStep& step : filed.content.steps) {
    World good(filed, step, &memory, {});
    const std::optional<Verdict> whole = good.Judge();
    ASSERT_TRUE(whole.has_value()) << "no verdict in time";
    if (CanBePlayed(step)) {
      // What servers said of themselves stands in brackets at the end, and
      // differs.
      std::string told = step.verdict;
      if (told.back() == ']') told.resize(told.find(" ["));
      EXPECT_THAT(LinesOf(*whole), testing::Contains(told));
    }
    for (size_t nth = 1; nth <= good.questions(); ++nth) {
      for (const bool from_then_on : {false, true}) {
        for (const bool silent : {false, true}) {
          World world(filed, step, &memory, {nth, from_then_on, silent});
          const std::optional<Verdict> verdict = world.Judge();
          ASSERT_TRUE(verdict.has_value()) << "no verdict in time";
          ExpectNoBounce(*whole, *verdict, world);
          ++failures;
        }
      }
    }
    for (const Observation& each : good.written()) memory.Write(each);
  }
}

}  // namespace
}  // namespace mailverdict

int main(int argc, char** argv) {
  using namespace mailverdict;  // NOLINT: a program of one function
  const int status = RunLoadedCases(argc, argv, "EngineFailures", TryFailures);
  std::printf("%zu ways to fail\n", failures);
  return status;
}

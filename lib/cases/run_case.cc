#include "lib/cases/run_case.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/cases/given_answer.h"
#include "lib/checks/build_chain.h"
#include "lib/core/chain.h"
#include "lib/history/memory_history.h"

namespace mailverdict {
namespace {

// Ends a check that asks without end, so that the case fails and does not hang.
constexpr int kMaxRounds = 100;

// Runs one step.
class Step {
 public:
  Step(const std::shared_ptr<const Policy>& policy, const CaseStep& step,
       History* history, std::vector<CaseFault>* faults)
      : policy_(policy),
        step_(step),
        tx_(step.transaction),
        history_(history),
        faults_(faults) {
    used_.resize(step_.given.size());
  }

  void Run() {
    for (const auto& [directory, overrides] : step_.overrides) {
      // A misspelt name would have no effect and no one would see it.
      if (policy_->FindDirectory(directory) == nullptr) {
        Complain(step_.line, absl::StrCat("what is set for ", directory,
                                          " is for no directory"));
      }
    }
    const std::optional<Verdict> verdict = Judge();
    // Judge has reported why there is none.
    if (!verdict.has_value()) return;
    Compare(*verdict);
    for (const Observation& each : verdict->observations()) {
      history_->Write(each);
    }
  }

 private:
  void Complain(size_t line, std::string what) {
    faults_->push_back({line, std::move(what)});
  }

  std::optional<Verdict> Judge() {
    const Chain chain = BuildChain(policy_, step_.overrides);
    Evidence evidence;
    for (int round = 0; round < kMaxRounds; ++round) {
      Evaluation evaluation = Evaluate(chain, tx_, evidence);
      if (auto* verdict = std::get_if<Verdict>(&evaluation)) {
        return std::move(*verdict);
      }
      for (const Lookup& lookup : std::get<std::vector<Lookup>>(evaluation)) {
        std::optional<Answer> answer = AnswerTo(lookup);
        if (!answer.has_value()) return std::nullopt;
        evidence.Add(*std::move(answer));
      }
    }
    Complain(step_.line, "there is no verdict: it asks without end");
    return std::nullopt;
  }

  std::optional<Answer> AnswerTo(const Lookup& lookup) {
    if (const GivenAnswer* given = FindGiven(step_, lookup)) {
      used_[static_cast<size_t>(given - step_.given.data())] = true;
      absl::StatusOr<Answer> answer = Give(*given, lookup, *policy_, tx_.now);
      if (answer.ok()) return *std::move(answer);
      Complain(given->line, std::string(answer.status().message()));
      return std::nullopt;
    }
    // The case does not say what the history holds, so it holds what the
    // earlier steps remembered.
    if (const auto* history = std::get_if<HistoryLookup>(&lookup)) {
      return Answer(history_->Read(*history));
    }
    const std::string text = ToString(lookup);
    Complain(step_.line, absl::StrCat("it asks \"", text,
                                      "\", and the case has no answer; write "
                                      "\"asked ",
                                      text, "\" and what comes back"));
    return std::nullopt;
  }

  void Compare(const Verdict& verdict) {
    const std::vector<std::string> lines = LinesOf(verdict);
    if (std::find(lines.begin(), lines.end(), step_.verdict) == lines.end()) {
      Complain(step_.line, absl::StrCat("the verdict is to be ", step_.verdict,
                                        "\nand is ", verdict.Tree()));
    }
    // An answer that no check asks for is a fault: a reader of the case would
    // believe that it matters.
    for (size_t i = 0; i < used_.size(); ++i) {
      if (used_[i]) continue;
      Complain(step_.given[i].line,
               absl::StrCat("nobody asks \"", step_.given[i].lookup, "\""));
    }
    if (!step_.remembered.has_value()) return;
    std::vector<std::string> remembered;
    for (const Observation& each : verdict.observations()) {
      remembered.push_back(ToString(each));
    }
    if (remembered == *step_.remembered) return;
    Complain(step_.line,
             absl::StrCat("what it remembers is \"",
                          absl::StrJoin(remembered, "\", \""), "\""));
  }

  const std::shared_ptr<const Policy>& policy_;
  const CaseStep& step_;
  Transaction tx_;
  History* const history_;
  std::vector<CaseFault>* const faults_;
  std::vector<bool> used_;  // for each of step_.given
};

}  // namespace

std::vector<std::string> LinesOf(const Verdict& verdict) {
  const std::string line = verdict.Line();
  if (verdict.disposition() == Disposition::kPass) {
    return {line, line.substr(0, line.find(" ["))};
  }
  const std::string text = " " + verdict.reply().text;
  const size_t at = line.find(text);
  const std::string head = line.substr(0, at);
  const std::string brackets = line.substr(at + text.size());
  return {line, head + text, head + brackets, head};
}

std::vector<CaseFault> RunCase(const std::shared_ptr<const Policy>& policy,
                               const Case& tried) {
  std::vector<CaseFault> faults;
  MemoryHistory history;
  for (const CaseStep& step : tried.steps) {
    Step(policy, step, &history, &faults).Run();
  }
  return faults;
}

}  // namespace mailverdict

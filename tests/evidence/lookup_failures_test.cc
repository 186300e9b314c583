// In every case, the n-th lookup fails, once or from then on. No rejection may
// come of it, and no rejection may rest on the lookup that failed.

#include <cstdio>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "lib/cases/given_answer.h"
#include "lib/checks/build_chain.h"
#include "lib/core/chain.h"
#include "lib/history/memory_history.h"
#include "tests/evidence/loaded_cases.h"

namespace mailverdict {
namespace {

struct Failing {
  size_t nth = 0;  // counts from 1; 0: nothing fails
  bool from_then_on = false;
};

struct Judged {
  Verdict verdict;
  std::vector<Lookup> asked;
  std::vector<Lookup> failed;
};

class StepJudge {
 public:
  StepJudge(const LoadedCase& filed, const CaseStep& step, History* history)
      : filed_(filed),
        step_(step),
        tx_(step.transaction),
        history_(history),
        chain_(BuildChain(filed.policy, step.overrides)) {}

  Judged Judge(Failing failing) {
    Judged judged;
    Evidence evidence;
    for (;;) {
      Evaluation evaluation = Evaluate(chain_, tx_, evidence);
      if (auto* verdict = std::get_if<Verdict>(&evaluation)) {
        judged.verdict = std::move(*verdict);
        return judged;
      }
      for (Lookup& lookup : std::get<std::vector<Lookup>>(evaluation)) {
        judged.asked.push_back(lookup);
        const size_t n = judged.asked.size();
        if (n == failing.nth || (failing.from_then_on && n > failing.nth)) {
          judged.failed.push_back(lookup);
          evidence.Add(Answer(Report::Unknown(lookup, "it fails")));
        } else {
          evidence.Add(AnswerTo(lookup));
        }
      }
    }
  }

 private:
  // Lookups that the case does not answer are Unknown.
  Answer AnswerTo(const Lookup& lookup) {
    if (const GivenAnswer* given = FindGiven(step_, lookup)) {
      absl::StatusOr<Answer> answer =
          Give(*given, lookup, *filed_.policy, tx_.now);
      EXPECT_TRUE(answer.ok()) << answer.status();
      if (answer.ok()) return *std::move(answer);
    }
    if (const auto* memory = std::get_if<HistoryLookup>(&lookup)) {
      return Answer(history_->Read(*memory));
    }
    return Answer(Report::Unknown(lookup, "the case does not say"));
  }

  const LoadedCase& filed_;
  const CaseStep& step_;
  Transaction tx_;
  History* const history_;
  const Chain chain_;
};

void ExpectNoBounce(const Verdict& whole, const Judged& judged) {
  const Verdict& verdict = judged.verdict;
  if (verdict.disposition() != Disposition::kReject) return;
  EXPECT_EQ(whole.disposition(), Disposition::kReject) << verdict.Tree();
  for (const Answer& cited : verdict.proof()->cited()) {
    for (const Lookup& failed : judged.failed) {
      EXPECT_FALSE(cited.lookup() == failed) << verdict.Tree();
    }
  }
}

size_t failures = 0;

void TryFailures(const LoadedCase& filed) {
  MemoryHistory history;
  for (const CaseStep& step : filed.content.steps) {
    StepJudge judge(filed, step, &history);
    const Judged whole = judge.Judge({});
    for (size_t nth = 1; nth <= whole.asked.size(); ++nth) {
      for (const bool from_then_on : {false, true}) {
        ExpectNoBounce(whole.verdict, judge.Judge({nth, from_then_on}));
        ++failures;
      }
    }
    for (const Observation& observation : whole.verdict.observations()) {
      history.Write(observation);
    }
  }
}

}  // namespace
}  // namespace mailverdict

int main(int argc, char** argv) {
  using namespace mailverdict;  // NOLINT: a program of one function
  const int status = RunLoadedCases(argc, argv, "LookupFailures", TryFailures);
  std::printf("%zu ways to fail\n", failures);
  return status;
}

#include "lib/core/chain.h"

#include <algorithm>
#include <utility>

namespace mailverdict {

const Answer* Inquiry::Ask(Lookup lookup) {
  const Answer* answer = evidence_.Find(lookup);
  if (answer == nullptr) {
    if (std::find(missing_.begin(), missing_.end(), lookup) == missing_.end()) {
      missing_.push_back(std::move(lookup));
    }
    return nullptr;
  }
  const auto same = [&lookup](const Answer& each) {
    return each.lookup() == lookup;
  };
  if (std::none_of(answers_.begin(), answers_.end(), same)) {
    answers_.push_back(*answer);
  }
  return answer;
}

// One evaluation of the chain.
class Deliberation {
 public:
  Deliberation(const Facts& facts, const Evidence& evidence)
      : transaction_(facts.transaction()), facts_(facts), evidence_(evidence) {}

  Evaluation Walk(const Chain& chain) {
    if (transaction_.authenticated) {
      return Close(Verdict::Pass("authenticated"));
    }
    if (facts_.local()) return Close(Verdict::Pass("local network"));
    for (const auto& check : chain) {
      if (check->stage() != transaction_.stage) continue;
      Inquiry ask(evidence_);
      Finding finding = check->Examine(facts_, ask);
      if (finding.pending()) return std::move(ask.missing());
      Verdict& found = finding.verdict();
      Record(*check, found, ask);
      if (found.disposition_ != Disposition::kPass && !check->shadow()) {
        found.check_ = check->name();
        found.scope_ = check->scope();
        return Close(std::move(found));
      }
      if (found.disposition_ == Disposition::kPass) why_ = found.why_;
    }
    return Close(Verdict::Pass(why_));
  }

 private:
  void Record(const Check& check, Verdict& found, Inquiry& ask) {
    steps_.push_back({check.name(), found.disposition_, found.reply_,
                      found.why_, check.shadow(), std::move(ask.answers()),
                      found.proof_});
    for (Observation& observation : found.observations_) {
      observations_.push_back(std::move(observation));
    }
    for (Lookup& lookup : ask.missing()) prefetch_.push_back(std::move(lookup));
  }

  // Returns `verdict` with the steps, observations and prefetch of the checks
  // that have run.
  Verdict Close(Verdict verdict) {
    verdict.stage_ = transaction_.stage;
    verdict.steps_ = std::move(steps_);
    verdict.observations_ = std::move(observations_);
    verdict.prefetch_ = std::move(prefetch_);
    return verdict;
  }

  const Transaction& transaction_;
  const Facts& facts_;
  const Evidence& evidence_;
  std::vector<Verdict::Step> steps_;
  std::vector<Observation> observations_;
  std::vector<Lookup> prefetch_;
  FixedText why_;
};

Evaluation Evaluate(const Chain& chain, const Transaction& transaction,
                    const Evidence& evidence) {
  return Evaluate(chain, Facts(chain.policy(), transaction), evidence);
}

Evaluation Evaluate(const Chain& chain, const Facts& facts,
                    const Evidence& evidence) {
  return Deliberation(facts, evidence).Walk(chain);
}

StageSet JudgedStages(const Chain& chain) {
  StageSet judged;
  for (const auto& check : chain) judged.Add({check->stage()});
  return judged;
}

FactSet FactsRead(const Chain& chain) {
  FactSet read;
  for (const auto& check : chain) read.Add(check->reads());
  return read;
}

StageSet NeededStages(const Chain& chain) {
  StageSet needed = StagesOf(FactsRead(chain));
  for (const auto& check : chain) {
    needed.Add({Stage::kConnect, Stage::kMail, check->stage()});
  }
  return needed;
}

}  // namespace mailverdict

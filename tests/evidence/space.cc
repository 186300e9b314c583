#include "tests/evidence/space.h"

#include <algorithm>
#include <random>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "lib/cases/given_answer.h"
#include "lib/checks/build_chain.h"
#include "tests/evidence/invariants.h"

namespace mailverdict {
namespace {

// No chain asks for more: the check domain asks for five hosts, each with two
// types, and for their proofs; and there may be a dozen lists.
constexpr size_t kMaxLookups = 64;

class Space {
 public:
  Space(const std::shared_ptr<const Policy>& policy, const CaseStep& step,
        const SpaceBounds& bounds)
      : policy_(*policy),
        step_(step),
        tx_(step.transaction),
        bounds_(bounds),
        chain_(BuildChain(policy, step.overrides)),
        invariants_(chain_, tx_),
        random_(bounds.seed) {}

  SpaceReport Explore() && {
    Walk();
    report_.whole = WithinBounds();
    // Walk varies the last lookups first. In a space that is too large for it,
    // it sees only one corner; random paths reach the others.
    const size_t first = report_.verdicts;
    while (!report_.whole && report_.objection.empty() &&
           report_.verdicts < first + bounds_.verdicts) {
      claims_.clear();
      Descend();
    }
    report_.states += invariants_.states();
    return std::move(report_);
  }

 private:
  bool WithinBounds() const {
    return report_.objection.empty() && report_.verdicts < bounds_.verdicts;
  }

  // The claims for one lookup, and the indexes of those that lead further.
  struct Choices {
    std::vector<Claim> claims;
    std::vector<size_t> leading;
  };

  const Choices& ChoicesOf(const Lookup& lookup) {
    auto [at, fresh] = choices_.try_emplace(ToString(lookup));
    // Behind a pointer, because claims_ points to the claims while the map
    // grows.
    if (fresh) at->second = std::make_unique<const Choices>(Make(lookup));
    return *at->second;
  }

  Choices Make(const Lookup& lookup) const {
    Choices choices;
    choices.claims = ClaimsFor(lookup, policy_, step_.overrides, tx_.now);
    const GivenAnswer* given = FindGiven(step_, lookup);
    if (given != nullptr && !std::holds_alternative<HistoryLookup>(lookup)) {
      absl::StatusOr<Answer> answer = Give(*given, lookup, policy_, tx_.now);
      if (answer.ok() && !answer->proven()) {
        choices.leading.push_back(choices.claims.size());
        choices.claims.push_back({"as the case has it", *std::move(answer)});
      }
    }
    for (size_t i = 0; i < choices.claims.size(); ++i) {
      if (choices.claims[i].proves) choices.leading.push_back(i);
    }
    return choices;
  }

  void Object(std::string objection) {
    if (objection.empty() || !report_.objection.empty()) return;
    report_.objection = std::move(objection);
    for (const Claim* claim : claims_) {
      absl::StrAppend(&report_.objection, "\n  ",
                      ToString(claim->answer.lookup()), ": ", claim->name);
    }
  }

  // Evaluates claims_. Checks the verdict and returns nothing, or returns the
  // lookups that the chain asks for.
  std::vector<Lookup> Look() {
    ++report_.states;
    Evidence evidence;
    for (const Claim* claim : claims_) evidence.Add(claim->answer);
    Evaluation evaluation = Evaluate(chain_, tx_, evidence);
    if (auto* missing = std::get_if<std::vector<Lookup>>(&evaluation)) {
      Object(Invariants::ObjectionToAsking(*missing, claims_));
      if (claims_.size() > kMaxLookups) Object("there is no end to the asking");
      return report_.objection.empty() ? std::move(*missing)
                                       : std::vector<Lookup>();
    }
    const auto& verdict = std::get<Verdict>(evaluation);
    ++report_.verdicts;
    report_.rejections += std::any_of(
        verdict.steps().begin(), verdict.steps().end(),
        [](const auto& step) { return step.found == Disposition::kReject; });
    const std::string objection =
        invariants_.Objection(verdict, claims_, random_);
    if (!objection.empty()) Object(objection + "\n" + verdict.Tree());
    return {};
  }

  // Depth first through the whole space: tries every claim for the first
  // missing lookup.
  void Walk() {
    const std::vector<Lookup> missing = Look();
    if (missing.empty()) return;
    // One order of the lookups is enough here: Invariants tries other orders of
    // the same answers.
    for (const Claim& claim : ChoicesOf(missing.front()).claims) {
      if (!WithinBounds()) return;
      claims_.push_back(&claim);
      Walk();
      claims_.pop_back();
    }
  }

  // Takes one random path: any missing lookup, a random claim for it, until
  // there is a verdict.
  void Descend() {
    for (;;) {
      const std::vector<Lookup> missing = Look();
      if (missing.empty()) return;
      claims_.push_back(&Choose(ChoicesOf(missing[Below(missing.size())])));
    }
  }

  const Claim& Choose(const Choices& choices) {
    const auto& [claims, leading] = choices;
    const bool on = !leading.empty() && Below(2) == 0;
    return claims[on ? leading[Below(leading.size())] : Below(claims.size())];
  }

  // A random number below `end`.
  size_t Below(size_t end) { return random_() % end; }

  const Policy& policy_;
  const CaseStep& step_;
  Transaction tx_;
  const SpaceBounds bounds_;
  const Chain chain_;
  Invariants invariants_;
  std::mt19937_64 random_;
  absl::flat_hash_map<std::string, std::unique_ptr<const Choices>> choices_;
  ClaimList claims_;  // the path to this point
  SpaceReport report_;
};

}  // namespace

SpaceReport ExploreSpace(const std::shared_ptr<const Policy>& policy,
                         const CaseStep& step, const SpaceBounds& bounds) {
  return Space(policy, step, bounds).Explore();
}

}  // namespace mailverdict

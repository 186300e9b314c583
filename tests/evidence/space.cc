#include "tests/evidence/space.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <random>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "lib/checks/build_chain.h"
#include "tests/evidence/invariants.h"

namespace mailverdict {
namespace {

// The most that a chain asks for: domain's five hosts, each of two types, and
// its proofs; a dozen lists.
constexpr size_t kMaxLookups = 64;

class Space {
 public:
  Space(const std::shared_ptr<const Policy>& policy, const Overrides& overrides,
        const Transaction& transaction, const SpaceBounds& bounds)
      : policy_(*policy),
        overrides_(overrides),
        tx_(transaction),
        bounds_(bounds),
        chain_(BuildChain(policy, overrides)),
        invariants_(chain_, tx_),
        random_(bounds.seed) {}

  SpaceReport Explore() && {
    Walk();
    report_.whole = Going();
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
  bool Going() const {
    return report_.objection.empty() && report_.verdicts < bounds_.verdicts;
  }

  const std::vector<Claim>& ClaimsOf(const Lookup& lookup) {
    auto [at, fresh] = known_.try_emplace(ToString(lookup));
    if (fresh) {
      universe_.push_back(ClaimsFor(lookup, policy_, overrides_, tx_.now));
      at->second = &universe_.back();
    }
    return *at->second;
  }

  void Object(std::string objection) {
    if (objection.empty() || !report_.objection.empty()) return;
    report_.objection = std::move(objection);
    for (const Claim* claim : claims_) {
      absl::StrAppend(&report_.objection, "\n  ",
                      ToString(claim->answer.lookup()), ": ", claim->name);
    }
  }

  // The verdict that claims_ lead to, looked at; else what is asked for.
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

  // Every claim for what is asked for first, and all that follows.
  void Walk() {
    const std::vector<Lookup> missing = Look();
    if (missing.empty()) return;
    for (const Claim& claim : ClaimsOf(missing.front())) {
      if (!Going()) return;
      claims_.push_back(&claim);
      Walk();
      claims_.pop_back();
    }
  }

  // One way down. Half of the steps are such as lead to a rejection, or few
  // would come that far.
  void Descend() {
    for (;;) {
      const std::vector<Lookup> missing = Look();
      if (missing.empty()) return;
      const Lookup& lookup = missing[random_() % missing.size()];
      claims_.push_back(&Choose(ClaimsOf(lookup)));
    }
  }

  const Claim& Choose(const std::vector<Claim>& claims) {
    if (random_() % 2 == 0) {
      std::vector<const Claim*> proving;
      for (const Claim& claim : claims) {
        if (claim.proves) proving.push_back(&claim);
      }
      if (!proving.empty()) return *proving[random_() % proving.size()];
    }
    return claims[random_() % claims.size()];
  }

  const Policy& policy_;
  const Overrides& overrides_;
  const Transaction& tx_;
  const SpaceBounds bounds_;
  const Chain chain_;
  Invariants invariants_;
  std::mt19937_64 random_;
  std::deque<std::vector<Claim>> universe_;
  absl::flat_hash_map<std::string, const std::vector<Claim>*> known_;
  ClaimList claims_;  // the way to where we are
  SpaceReport report_;
};

}  // namespace

SpaceReport ExploreSpace(const std::shared_ptr<const Policy>& policy,
                         const Overrides& overrides,
                         const Transaction& transaction,
                         const SpaceBounds& bounds) {
  return Space(policy, overrides, transaction, bounds).Explore();
}

}  // namespace mailverdict

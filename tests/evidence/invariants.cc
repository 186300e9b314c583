#include "tests/evidence/invariants.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <variant>

#include "absl/strings/str_cat.h"
#include "tests/evidence/wire_forms.h"

namespace mailverdict {
namespace {

// All orders of so many answers are tried, and of more some.
constexpr size_t kAllOrders = 4;
constexpr int kSomeOrders = 4;

Evidence EvidenceOf(const ClaimList& claims) {
  Evidence evidence;
  for (const Claim* claim : claims) evidence.Add(claim->answer);
  return evidence;
}

bool SameReply(const Reply& a, const Reply& b) {
  return a.code == b.code && a.status_subject == b.status_subject &&
         a.status_detail == b.status_detail && a.text == b.text;
}

std::vector<Lookup> Cited(const std::optional<Proof>& proof) {
  std::vector<Lookup> cited;
  if (!proof.has_value()) return cited;
  for (const Answer& answer : proof->cited()) cited.push_back(answer.lookup());
  return cited;
}

// In all that it says, cites, remembers.
bool Same(const Verdict& a, const Verdict& b) {
  const auto remembers = [](const Observation& x, const Observation& y) {
    return x.kind == y.kind && x.about == y.about && x.when == y.when;
  };
  return a.disposition() == b.disposition() && a.check() == b.check() &&
         a.why() == b.why() && SameReply(a.reply(), b.reply()) &&
         Cited(a.proof()) == Cited(b.proof()) &&
         a.steps().size() == b.steps().size() &&
         std::equal(a.observations().begin(), a.observations().end(),
                    b.observations().begin(), b.observations().end(),
                    remembers);
}

const Claim* Find(const ClaimList& claims, const Lookup& lookup) {
  for (const Claim* claim : claims) {
    if (claim->answer.lookup() == lookup) return claim;
  }
  return nullptr;
}

bool Contains(const std::vector<Lookup>& lookups, const Lookup& lookup) {
  return std::find(lookups.begin(), lookups.end(), lookup) != lookups.end();
}

}  // namespace

Evaluation Invariants::Evaluated(const Evidence& evidence) {
  ++states_;
  return Evaluate(chain_, tx_, evidence);
}

std::string Invariants::ObjectionToAsking(const std::vector<Lookup>& missing,
                                          const ClaimList& claims) {
  if (missing.empty()) return "it is pending, and asks for nothing";
  for (size_t i = 0; i < missing.size(); ++i) {
    const auto again = missing.begin() + static_cast<ptrdiff_t>(i);
    if (Find(claims, missing[i]) != nullptr ||
        std::find(missing.begin(), again, missing[i]) != again) {
      return absl::StrCat("it asks twice: ", ToString(missing[i]));
    }
  }
  return "";
}

std::string Invariants::Objection(const Verdict& verdict,
                                  const ClaimList& claims,
                                  std::mt19937_64& random) {
  for (const Verdict::Step& step : verdict.steps()) {
    if (step.found != Disposition::kReject) continue;
    std::string objection = ProofObjection(step, claims);
    if (!objection.empty()) return objection;
  }
  const bool reject = verdict.disposition() == Disposition::kReject;
  if (reject != verdict.proof().has_value()) {
    return "a proof and a rejection go together";
  }
  std::string objection = OrderObjection(verdict, claims, random);
  if (objection.empty()) objection = MoreObjection(verdict, claims);
  if (!objection.empty()) return objection;
  if (good_on_the_wire_.insert(verdict.Line()).second) {
    return WireObjection(verdict);
  }
  return "";
}

std::string Invariants::OrderObjection(const Verdict& verdict, ClaimList claims,
                                       std::mt19937_64& random) {
  std::vector<size_t> order(claims.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const bool all = claims.size() <= kAllOrders;
  for (int i = 0; all || i < kSomeOrders; ++i) {
    ClaimList shuffled;
    for (const size_t at : order) shuffled.push_back(claims[at]);
    std::string objection = PrefixObjection(verdict, shuffled);
    if (!objection.empty()) return objection;
    if (!all) {
      std::shuffle(order.begin(), order.end(), random);
    } else if (!std::next_permutation(order.begin(), order.end())) {
      break;
    }
  }
  return "";
}

// However few have come: no verdict yet, or this one.
std::string Invariants::PrefixObjection(const Verdict& verdict,
                                        const ClaimList& order) {
  Evidence evidence;
  for (size_t known = 0; known <= order.size(); ++known) {
    if (known > 0) evidence.Add(order[known - 1]->answer);
    const Evaluation evaluation = Evaluated(evidence);
    const auto* early = std::get_if<Verdict>(&evaluation);
    if (early == nullptr && known < order.size()) continue;
    if (early == nullptr) return "another order of the same leads to none";
    if (!Same(*early, verdict)) {
      return absl::StrCat("with ", known, " answers in another order it is ",
                          early->Tree());
    }
  }
  return "";
}

std::string Invariants::MoreObjection(const Verdict& verdict,
                                      const ClaimList& claims) {
  Evidence evidence = EvidenceOf(claims);
  // The same again with other answers, as when they come late, and what nobody
  // has asked for.
  for (const Claim* claim : claims) {
    evidence.Add(Answer(Report::Unknown(claim->answer.lookup(), "late")));
  }
  evidence.Add(Answer(
      Report::Absent(MailboxLookup{"people", {"nobody@asked.example"}, ""})));
  evidence.Add(Answer(
      Report::Present(DnsLookup{"asked.example", DnsType::kMx}, {"0 ."})));
  const Evaluation evaluation = Evaluated(evidence);
  const auto* later = std::get_if<Verdict>(&evaluation);
  if (later != nullptr && Same(*later, verdict)) return "";
  return "more answers take it back";
}

std::string Invariants::ProofObjection(const Verdict::Step& step,
                                       const ClaimList& claims) {
  if (!step.proof.has_value()) return "a rejection without a proof";
  const std::vector<Lookup> cited = Cited(step.proof);
  if (cited.empty() && !step.proof->listed().has_value() &&
      !step.proof->malformed().has_value()) {
    return "a proof that cites nothing";
  }
  for (const Lookup& lookup : cited) {
    const Claim* claim = Find(claims, lookup);
    if (claim == nullptr) return "it cites what it has not heard";
    if (!claim->proves) return absl::StrCat("it cites: ", claim->name);
  }
  // Vouched answers that are not cited have no part in it.
  std::vector<Lookup> unknown;
  for (const Claim* claim : claims) {
    const Lookup& lookup = claim->answer.lookup();
    if (claim->answer.proven() && !Contains(cited, lookup)) {
      unknown.push_back(lookup);
    }
  }
  const std::string check(step.check);
  if (!RejectsWithout(check, claims, unknown)) {
    return "it rests on more than it cites";
  }
  for (const Lookup& lookup : cited) {
    unknown.push_back(lookup);
    if (RejectsWithout(check, claims, unknown)) {
      return absl::StrCat("it stands without ", ToString(lookup));
    }
    unknown.pop_back();
  }
  return "";
}

// Does that check still reject when these answers are Unknown, and all that it
// then asks for besides?
bool Invariants::RejectsWithout(const std::string& check,
                                const ClaimList& claims,
                                const std::vector<Lookup>& unknown) {
  Evidence evidence;
  const auto add_unknown = [&](const Lookup& lookup) {
    evidence.Add(Answer(Report::Unknown(lookup, "taken away")));
  };
  for (const Claim* claim : claims) {
    const Lookup& lookup = claim->answer.lookup();
    if (Contains(unknown, lookup)) {
      add_unknown(lookup);
    } else {
      evidence.Add(claim->answer);
    }
  }
  for (;;) {
    const Evaluation evaluation = Evaluated(evidence);
    if (const auto* verdict = std::get_if<Verdict>(&evaluation)) {
      return std::any_of(verdict->steps().begin(), verdict->steps().end(),
                         [&](const Verdict::Step& step) {
                           return step.check == check &&
                                  step.found == Disposition::kReject;
                         });
    }
    for (const Lookup& lookup : std::get<std::vector<Lookup>>(evaluation)) {
      add_unknown(lookup);
    }
  }
}

}  // namespace mailverdict

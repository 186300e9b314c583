#include "lib/ldap/attribution.h"

#include <algorithm>

#include "absl/container/inlined_vector.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/core/vouch.h"
#include "lib/ldap/matching.h"

namespace mailverdict {
namespace {

// An entry with its values folded.
struct Entry {
  explicit Entry(SearchResult::Entry entry)
      : dn(std::move(entry.dn)), comparable_dn(ComparableDn(dn)) {
    for (auto& [name, values] : entry.attributes) {
      if (absl::StrContains(name, ";range=")) partial = name;
      for (std::string& value : values) {
        shown.push_back({name, Folded(std::move(value))});
      }
    }
  }

  Match Shows(const std::string& attribute, const Folded& wanted) const {
    Match best = Match::kNo;
    for (const Value& value : shown) {
      if (value.attribute != attribute) continue;
      best = std::max(best, Compare(value.folded, wanted));
    }
    return best;
  }

  struct Value {
    std::string attribute;
    Folded folded;
  };

  std::string dn;
  std::string comparable_dn;
  std::vector<Value> shown;
  std::string partial;  // an attribute that is shown only in part; or ""
};

// The values that an entry has to show to be the hit of one lookup.
class Claim {
 public:
  Claim(const DirectoryPolicy& directory, const MailboxLookup& lookup) {
    for (const FilterTemplate::Arm& arm : directory.filter.arms()) {
      if (!lookup.arm.empty() && lookup.arm != arm.name) continue;
      for (const auto& group : arm.assertions) {
        for (const std::string& spelling : lookup.spellings) {
          Way& way = ways_.emplace_back(Way{&spelling, {}});
          for (const FilterTemplate::Assertion& a : group) {
            way.values.push_back(
                {&a.attribute, Folded(FillIn(a.value, spelling))});
          }
        }
      }
    }
  }

  // How well the entry matches. Unless `spelling` is nullptr, it is set to the
  // first spelling of the lookup that matches best.
  Match In(const Entry& entry, const std::string** spelling = nullptr) const {
    Match best = Match::kNo;
    for (const Way& way : ways_) {
      Match all = Match::kYes;
      for (const Value& value : way.values) {
        all = std::min(all, entry.Shows(*value.attribute, value.folded));
      }
      if (all <= best) continue;
      best = all;
      if (spelling != nullptr) *spelling = way.spelling;
    }
    return best;
  }

 private:
  struct Value {
    const std::string* attribute;  // in the policy
    Folded folded;
  };
  struct Way {
    const std::string* spelling;  // in the lookup
    absl::InlinedVector<Value, 1> values;
  };
  absl::InlinedVector<Way, 2> ways_;
};

// The controls of one search, and what the result says of each.
class ControlEntries {
 public:
  ControlEntries(const DirectoryPolicy& directory,
                 const std::vector<MailboxLookup>& controls,
                 const Origin& origin) {
    for (const MailboxLookup& control : controls) {
      reports_.push_back(Report::Absent(control, origin));
      claims_.emplace_back(directory, control);
      dns_.push_back(ComparableDn(DnOf(directory, control)));
    }
  }

  // Looks for controls in one entry. Returns true if a search for the controls
  // alone would have returned the entry, too.
  bool Take(const Entry& entry) {
    Matches matches;
    for (const Claim& claim : claims_) matches.push_back(claim.In(entry));
    bool taken = false;
    for (size_t i = 0; i < reports_.size(); ++i) {
      const bool known = !dns_[i].empty() && entry.comparable_dn == dns_[i];
      const bool shown = matches[i] == Match::kYes;
      if (known) {
        std::string objection = Objection(i, entry, matches);
        if (!objection.empty()) {
          Doubt(i, std::move(objection));
        } else {
          reports_[i].state = AnswerState::kPresent;
          reports_[i].values = {entry.dn};
        }
      } else if (shown) {
        Doubt(i, absl::StrCat("it was found as \"", entry.dn,
                              "\"; name that as its dn"));
      }
      taken |= known || (shown && entry.partial.empty());
    }
    return taken;
  }

  const std::vector<Report>& reports() const { return reports_; }

  // Describes the first control that is missing; "" if all are present.
  std::string Missing() const {
    for (const Report& report : reports_) {
      if (report.state == AnswerState::kPresent) continue;
      return absl::StrCat(
          Name(report), " ",
          report.state == AnswerState::kAbsent
              ? "is missing: was its entry deleted, is this server empty or "
                "half-loaded, or may the account not read it?"
              : report.reason);
    }
    return "";
  }

 private:
  using Matches = absl::InlinedVector<Match, 8>;

  static const MailboxLookup& Asked(const Report& report) {
    return std::get<MailboxLookup>(report.lookup);
  }
  static std::string Name(const Report& report) {
    const MailboxLookup& control = Asked(report);
    return absl::StrCat("control ", control.address(), " (", control.arm, ")");
  }

  // Why the entry of control `i` does not prove that its arm works; "" if it
  // does.
  std::string Objection(size_t i, const Entry& entry,
                        const Matches& matches) const {
    const std::string& arm = Asked(reports_[i]).arm;
    if (matches[i] != Match::kYes) {
      return absl::StrCat("its entry does not show ", arm,
                          "; give the directory's user read access to it, and "
                          "call it what the server does (\"rfc822Mailbox\" is "
                          "\"mail\")");
    }
    if (!entry.partial.empty()) {
      return absl::StrCat("its entry shows a part of its values only (",
                          entry.partial, "); use an account with fewer");
    }
    for (size_t j = 0; j < reports_.size(); ++j) {
      if (matches[j] != Match::kYes || Asked(reports_[j]).arm == arm) continue;
      return absl::StrCat("its entry is also found by the question for ",
                          Name(reports_[j]),
                          "; use accounts that share no value");
    }
    return "";
  }

  void Doubt(size_t i, std::string reason) {
    if (reports_[i].state == AnswerState::kPresent) return;
    reports_[i].state = AnswerState::kUnknown;
    reports_[i].reason = std::move(reason);
  }

  static std::string DnOf(const DirectoryPolicy& directory,
                          const MailboxLookup& lookup) {
    for (const Control& control : directory.controls) {
      if (control.arm == lookup.arm && control.address == lookup.address()) {
        return control.dn;
      }
    }
    return "";
  }

  std::vector<Report> reports_;
  std::vector<Claim> claims_;
  std::vector<std::string> dns_;
};

// Why no absence can be concluded from this result, apart from the controls; ""
// if there is no such reason.
std::string Defect(const DirectoryPolicy& directory,
                   const SearchResult& result) {
  if (!result.failure.empty()) return result.failure;
  const std::vector<std::string>& known = directory.ignored_references;
  for (const std::string& reference : result.references) {
    if (std::find(known.begin(), known.end(), reference) == known.end()) {
      return absl::StrCat(
          "search: the continuation reference to ", reference,
          " was not followed; if no recipient is there, write it "
          "as ignored_reference");
    }
  }
  return "";
}

// The subtrees to which the directory is limited; without any, it is everything
// that was searched.
class Subtrees {
 public:
  explicit Subtrees(const DirectoryPolicy& directory) {
    for (const std::string& subtree : directory.subtrees) {
      dns_.push_back(ComparableDn(subtree));
    }
  }

  // A DN that cannot be parsed may be anywhere, so it counts as within a
  // subtree.
  bool Have(const std::string& comparable_dn) const {
    return dns_.empty() || comparable_dn.empty() ||
           std::any_of(dns_.begin(), dns_.end(), [&](const std::string& dn) {
             return comparable_dn == dn ||
                    absl::EndsWith(comparable_dn, "," + dn);
           });
  }

 private:
  std::vector<std::string> dns_;
};

// The entries of a result that may be hits of lookups.
struct Hits {
  Hits(const DirectoryPolicy& directory,
       const std::vector<MailboxLookup>& lookups,
       std::vector<SearchResult::Entry> entries,
       ControlEntries* control_entries)
      : sure(lookups.size()) {
    std::vector<Claim> claims;
    claims.reserve(lookups.size());
    for (const MailboxLookup& lookup : lookups) {
      claims.emplace_back(directory, lookup);
    }
    const Subtrees subtrees(directory);
    for (SearchResult::Entry& each : entries) {
      const Entry entry(std::move(each));
      if (!subtrees.Have(entry.comparable_dn)) continue;
      bool only_control = control_entries->Take(entry);
      for (size_t i = 0; i < claims.size(); ++i) {
        const std::string* spelling = nullptr;
        const Match match = claims[i].In(entry, &spelling);
        if (match == Match::kYes) sure[i] = {entry.dn, *spelling};
        if (match != Match::kNo) only_control = false;
      }
      if (!only_control) any = {entry.dn};
    }
  }

  // The values of a Present report: the entry's DN and, if the entry shows it,
  // the spelling by which it was found.
  using Values = std::vector<std::string>;
  std::vector<Values> sure;  // for each lookup: a hit that the entry shows
  Values any;                // a possible hit of any lookup
};

}  // namespace

Attribution AssignEntries(const DirectoryPolicy& directory,
                          const std::vector<MailboxLookup>& lookups,
                          const std::vector<MailboxLookup>& controls,
                          SearchResult result) {
  ControlEntries control_entries(directory, controls, result.origin);
  const Hits hits(directory, lookups, std::move(result.entries),
                  &control_entries);
  const std::string defect = Defect(directory, result);
  const bool alone = lookups.size() == 1;
  Attribution attribution;
  attribution.answers.reserve(lookups.size());
  // True if the only trouble is the size limit, and each lookup has a hit or
  // will be asked again with fewer others. That is no fault of the server.
  bool only_crowded = result.truncated && !lookups.empty();
  for (size_t i = 0; i < lookups.size(); ++i) {
    const Hits::Values& found =
        hits.sure[i].empty() && alone ? hits.any : hits.sure[i];
    Report report = Report::Absent(lookups[i], result.origin);
    if (!found.empty()) {
      report.state = AnswerState::kPresent;
      report.values = found;
    } else if (!alone &&
               (result.truncated || (defect.empty() && !hits.any.empty()))) {
      attribution.answers.emplace_back(std::nullopt);
      continue;
    } else if (!defect.empty()) {
      report.state = AnswerState::kUnknown;
      report.reason = defect;
      only_crowded = false;
    }
    attribution.answers.emplace_back(
        Vouch(directory, std::move(report), control_entries.reports()));
  }
  if (only_crowded) return attribution;
  attribution.trouble = defect.empty() ? control_entries.Missing() : defect;
  return attribution;
}

}  // namespace mailverdict

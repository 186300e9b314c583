#include "lib/resolve/attribution.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/core/vouch.h"
#include "lib/mail/cursor.h"

namespace mailverdict {
namespace {

using Entry = SearchResult::Entry;

// Does the entry show `value`? The matching rules of mail attributes ignore
// case and squeeze blanks; an entry that matched by a rule we do not know is
// claimed by nobody, and then asked for alone.
bool Shows(const Entry& entry, const std::string& attribute,
           const std::string& value) {
  for (const auto& [name, values] : entry.attributes) {
    if (name != attribute) continue;
    for (const std::string& shown : values) {
      if (absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(shown),
                                 absl::StripAsciiWhitespace(value))) {
        return true;
      }
    }
  }
  return false;
}

bool MatchesArm(const Entry& entry, const FilterTemplate::Arm& arm,
                const std::string& address) {
  return std::any_of(
      arm.assertions.begin(), arm.assertions.end(), [&](const auto& group) {
        return std::all_of(group.begin(), group.end(), [&](const auto& a) {
          return Shows(entry, a.attribute, FillIn(a.value, address));
        });
      });
}

bool Claims(const DirectoryPolicy& directory, const MailboxLookup& lookup,
            const Entry& entry) {
  for (const FilterTemplate::Arm& arm : directory.filter.arms()) {
    if (!lookup.arm.empty() && lookup.arm != arm.name) continue;
    for (const std::string& spelling : lookup.spellings) {
      if (MatchesArm(entry, arm, spelling)) return true;
    }
  }
  return false;
}

// The controls of one search, and what became of them.
class Witnesses {
 public:
  Witnesses(const DirectoryPolicy& directory,
            const std::vector<MailboxLookup>& controls,
            const Transcript& transcript)
      : directory_(directory) {
    for (const MailboxLookup& control : controls) {
      reports_.push_back(Report::Absent(control, transcript));
      dns_.push_back(ComparableDn(DnOf(control)));
    }
  }

  // True if the entry is there because a control was asked for.
  bool Take(const Entry& entry) {
    const std::string dn = ComparableDn(entry.dn);
    bool taken = false;
    for (size_t i = 0; i < reports_.size(); ++i) {
      const auto& control = std::get<MailboxLookup>(reports_[i].lookup);
      const bool shown = Claims(directory_, control, entry);
      if (dn == dns_[i] && shown) {
        reports_[i].state = AnswerState::kPresent;
        reports_[i].values = {entry.dn};
      } else if (dn == dns_[i]) {
        Doubt(i, absl::StrCat("its entry does not show ", control.arm,
                              "; give the directory's user read access to it"));
      } else if (shown) {
        Doubt(i, absl::StrCat("it was found as \"", entry.dn,
                              "\"; name that as its dn"));
      } else {
        continue;
      }
      taken = true;
    }
    return taken;
  }

  const std::vector<Report>& reports() const { return reports_; }

 private:
  void Doubt(size_t i, std::string reason) {
    if (reports_[i].state == AnswerState::kPresent) return;
    reports_[i].state = AnswerState::kUnknown;
    reports_[i].reason = std::move(reason);
  }

  std::string DnOf(const MailboxLookup& lookup) const {
    for (const Control& control : directory_.controls) {
      if (control.arm == lookup.arm && control.address == lookup.address()) {
        return control.dn;
      }
    }
    return "";
  }

  const DirectoryPolicy& directory_;
  std::vector<Report> reports_;
  std::vector<std::string> dns_;
};

// Why nothing that is missing from this result can be believed to be absent.
std::string Defect(const DirectoryPolicy& directory,
                   const SearchResult& result) {
  if (!result.failure.empty()) return result.failure;
  const std::vector<std::string>& known = directory.ignored_references;
  for (const std::string& reference : result.references) {
    if (std::find(known.begin(), known.end(), reference) == known.end()) {
      return absl::StrCat("continuation reference to ", reference,
                          " was not followed");
    }
  }
  return "";
}

}  // namespace

Attributed Attribute(const DirectoryPolicy& directory,
                     const std::vector<MailboxLookup>& lookups,
                     const std::vector<MailboxLookup>& controls,
                     const SearchResult& result) {
  Witnesses witnesses(directory, controls, result.transcript);
  std::vector<std::string> found(lookups.size());  // the entry's DN
  std::string unclaimed;
  for (const Entry& entry : result.entries) {
    bool claimed = witnesses.Take(entry);
    for (size_t i = 0; i < lookups.size(); ++i) {
      if (!Claims(directory, lookups[i], entry)) continue;
      found[i] = entry.dn;
      claimed = true;
    }
    if (!claimed) unclaimed = entry.dn;
  }
  if (lookups.size() == 1 && found[0].empty()) found[0] = unclaimed;

  Attributed attributed;
  const std::string defect = Defect(directory, result);
  for (size_t i = 0; i < lookups.size(); ++i) {
    Report report = Report::Absent(lookups[i], result.transcript);
    if (!found[i].empty()) {
      report.state = AnswerState::kPresent;
      report.values = {found[i]};
    } else if (!defect.empty()) {
      report.state = AnswerState::kUnknown;
      report.reason = defect;
    } else if (lookups.size() > 1 && !unclaimed.empty()) {
      attributed.answers.emplace_back(std::nullopt);
      continue;
    }
    attributed.answers.emplace_back(
        Vouch(directory, std::move(report), witnesses.reports()));
  }
  attributed.trouble = defect;
  for (const Report& control : witnesses.reports()) {
    if (!attributed.trouble.empty()) break;
    if (control.state == AnswerState::kPresent) continue;
    const auto& asked = std::get<MailboxLookup>(control.lookup);
    attributed.trouble = absl::StrCat(
        "control ", asked.address(), " (", asked.arm, ") ",
        control.state == AnswerState::kAbsent ? "is missing" : control.reason);
  }
  return attributed;
}

std::string ComparableDn(std::string_view dn) {
  std::string out;
  size_t keep = 0;  // blanks behind this belong to a value
  mail::Cursor in(dn);
  while (!in.done()) {
    const char c = *in.Next();
    const auto strip = [&] {
      while (out.size() > keep && out.back() == ' ') out.pop_back();
    };
    if (c == '\\') {
      mail::Cursor ahead = in;
      const auto hex = ahead.TakeWhile([](char d) {
        return absl::ascii_isxdigit(static_cast<unsigned char>(d));
      });
      if (hex.size() >= 2) {  // "\2c", written as the byte it means
        const std::string_view pair = *in.Take(2);
        out += '\\';
        out += static_cast<char>(
            std::stoi(std::string(pair.data(), 2), nullptr, 16));
      } else if (in.Peek().has_value()) {
        out += '\\';
        out += *in.Next();
      }
      keep = out.size();
    } else if (c == ',' || c == ';' || c == '+' || c == '=') {
      strip();
      out += c == ';' ? ',' : c;
      keep = out.size();
      in.TakeWhile([](char d) { return d == ' '; });
    } else {
      out += c;
    }
  }
  while (out.size() > keep && out.back() == ' ') out.pop_back();
  return absl::AsciiStrToLower(out);
}

}  // namespace mailverdict

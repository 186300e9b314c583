// Fuzzes AssignEntries with any answer of a directory, and Compare and
// ComparableDn with any bytes. The search is for two people and two controls.
// The input is its result, one line for each item:
//
//   dn DN            an entry; its attributes follow
//   NAME VALUE       "mail joe@example.org"
//   ref URI          a continuation reference
//   failure TEXT     the result code was not success
//   truncated

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "lib/ldap/attribution.h"
#include "lib/ldap/matching.h"
#include "tests/fuzz/require.h"

namespace mailverdict {
namespace {

constexpr char kMail[] = "mail", kAlias[] = "alias";

DirectoryPolicy Policy() {
  DirectoryPolicy policy;
  policy.name = "people";
  policy.uris = {"ldapi://"};
  policy.filter = *FilterTemplate::Parse("(|(mail=%a)(alias=%a))");
  policy.controls = {{kMail, "c@x.org", "uid=c,dc=x"},
                     {kAlias, "d@x.org", "uid=d,dc=x"}};
  return policy;
}

MailboxLookup Asked(const std::string& address, const std::string& arm = "") {
  return {"people", {address}, arm};
}

SearchResult ReadResult(std::string_view input) {
  SearchResult result;
  result.origin = {"ldapi://", 1, 1, absl::UnixEpoch(), absl::UnixEpoch()};
  for (const std::string& line : Split(input, '\n')) {
    const size_t blank = line.find(' ');
    const std::string word = line.substr(0, blank);
    const std::string rest = blank == line.npos ? "" : line.substr(blank + 1);
    if (word == "dn") {
      result.entries.push_back({rest, {}});
    } else if (word == "ref") {
      result.references.push_back(rest);
    } else if (word == "failure") {
      result.failure = word + rest;
    } else if (word == "truncated") {
      result.failure = word;
      result.truncated = true;
    } else if (!result.entries.empty()) {
      result.entries.back().attributes.push_back({word, {rest}});
    }
  }
  return result;
}

bool Shows(const SearchResult::Entry& entry, std::string_view name,
           const std::string& wanted, Match least) {
  for (const auto& [attribute, values] : entry.attributes) {
    if (attribute != name) continue;
    for (const std::string& value : values) {
      if (Compare(Folded(value), Folded(wanted)) >= least) return true;
    }
  }
  return false;
}

// Whether the result has the control's entry: its DN, and the value that it was
// asked by.
bool ShowsControl(const SearchResult& result, const Control& control) {
  return std::any_of(
      result.entries.begin(), result.entries.end(), [&](const auto& entry) {
        return ComparableDn(entry.dn) == ComparableDn(control.dn) &&
               Shows(entry, control.arm, control.address, Match::kYes);
      });
}

// Checks again what a proven absence rests on.
void RequireGrounds(const DirectoryPolicy& policy, const SearchResult& result,
                    const std::string& address) {
  Require(result.failure.empty(), "a failure proves nothing");
  Require(result.references.empty(), "nor does half of an answer");
  for (const Control& control : policy.controls) {
    Require(ShowsControl(result, control), "each control is there");
  }
  for (const SearchResult::Entry& entry : result.entries) {
    for (const char* arm : {kMail, kAlias}) {
      Require(!Shows(entry, arm, address, Match::kPerhaps), "nobody is his");
    }
    const bool is_a_control = std::any_of(
        policy.controls.begin(), policy.controls.end(), [&](const Control& c) {
          return ComparableDn(entry.dn) == ComparableDn(c.dn) ||
                 Shows(entry, c.arm, c.address, Match::kYes);
        });
    Require(is_a_control, "nobody may be his");
  }
}

std::vector<std::string> Said(const Attribution& attribution) {
  std::vector<std::string> said;
  for (const std::optional<Answer>& answer : attribution.answers) {
    said.push_back(!answer.has_value() ? "again"
                   : answer->proven()  ? "proven"
                   : answer->present() ? "present"
                   : answer->unknown() ? "unknown"
                                       : "absent");
  }
  return said;
}

void Divide(const SearchResult& result,
            const std::vector<std::string>& addresses) {
  static const auto* const policy = new DirectoryPolicy(Policy());
  std::vector<MailboxLookup> lookups, controls;
  for (const std::string& address : addresses)
    lookups.push_back(Asked(address));
  for (const Control& control : policy->controls) {
    controls.push_back(Asked(control.address, control.arm));
  }
  const Attribution attribution =
      AssignEntries(*policy, lookups, controls, result);
  Require(attribution.answers.size() == lookups.size(), "an answer for each");
  for (size_t i = 0; i < lookups.size(); ++i) {
    const std::optional<Answer>& answer = attribution.answers[i];
    if (!answer.has_value()) {
      Require(lookups.size() > 1, "who asks alone is not asked again");
      continue;
    }
    Require(!answer->absent() || answer->proven(), "absent is proven absent");
    if (answer->proven()) RequireGrounds(*policy, result, addresses[i]);
  }
  SearchResult reversed = result;
  std::reverse(reversed.entries.begin(), reversed.entries.end());
  Require(Said(AssignEntries(*policy, lookups, controls, reversed)) ==
              Said(attribution),
          "the order of entries says nothing");
}

void CompareValues(const std::string& a, const std::string& b) {
  Require(Compare(Folded(a), Folded(a)) == Match::kYes, "a value is itself");
  Require(Compare(Folded(a), Folded(b)) == Compare(Folded(b), Folded(a)),
          "who is compared with whom does not matter");
  Require(Compare(Folded(a), Folded(absl::AsciiStrToUpper(a))) == Match::kYes,
          "nor does case");
}

// In a DN without quotes and escapes, blanks after a comma have no meaning.
void CompareDns(const std::string& dn) {
  const std::string comparable = ComparableDn(dn);
  if (comparable.empty() || dn.find_first_of("\\\"#;+") != dn.npos) return;
  Require(ComparableDn(absl::StrReplaceAll(dn, {{",", ", "}})) == comparable,
          "a DN is read in one way, whichever the reader");
}

}  // namespace
}  // namespace mailverdict

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using mailverdict::SearchResult;
  const std::string_view input = mailverdict::Bytes(data, size);
  const SearchResult result = mailverdict::ReadResult(input);
  mailverdict::Divide(result, {"joe@x.org"});
  mailverdict::Divide(result, {"joe@x.org", "j\xc3\xb6@x.org"});
  std::string last = "joe@x.org";
  for (const SearchResult::Entry& entry : result.entries) {
    mailverdict::CompareDns(entry.dn);
    for (const auto& [name, values] : entry.attributes) {
      mailverdict::CompareValues(values[0], last);
      last = values[0];
    }
  }
  return 0;
}

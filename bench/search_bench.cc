// What a Directory does for one search beside libldap: its filter, and the
// answers from what comes back.
//
//   bazel run --config=opt //bench:search_bench

#include <benchmark/benchmark.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "bench/allocations.h"
#include "lib/core/vouch.h"
#include "lib/ldap/attribution.h"
#include "lib/ldap/questions.h"
#include "lib/policy/policy.h"

namespace mailverdict {
namespace {

DirectoryPolicy People() {
  DirectoryPolicy people;
  people.name = "people";
  people.filter =
      *FilterTemplate::Parse("(|(mail=%a)(mailAlternateAddress=%a))");
  people.controls = {
      {"mail", "control@example.org", "uid=control,dc=example,dc=org"},
      {"mailalternateaddress", "control-alt@example.org",
       "uid=control-alt,dc=example,dc=org"}};
  return people;
}

std::string Address(int64_t i) {
  return absl::StrCat("user", 1000 + i, "@example.org");
}

std::vector<MailboxLookup> Lookups(int64_t n) {
  std::vector<MailboxLookup> lookups;
  for (int64_t i = 0; i < n; ++i) {
    lookups.push_back({"people", {Address(i)}, ""});
  }
  return lookups;
}

SearchResult::Entry Entry(const std::string& dn, const std::string& attribute,
                          const std::string& value) {
  return {dn, {{attribute, {value}}}};
}

// The entries of the controls, and of so many people.
SearchResult Result(const DirectoryPolicy& people, int64_t found) {
  SearchResult result;
  for (int64_t i = 0; i < found; ++i) {
    result.entries.push_back(
        Entry(absl::StrCat("uid=user", 1000 + i, ",dc=example,dc=org"), "mail",
              Address(i)));
  }
  for (const Control& control : people.controls) {
    result.entries.push_back(Entry(control.dn, control.arm, control.address));
  }
  result.origin = {"ldap://ldap1.example.org", 1, 2, absl::UnixEpoch(),
                   absl::UnixEpoch()};
  return result;
}

void SearchFilter(benchmark::State& state) {
  const DirectoryPolicy people = People();
  Questions questions;
  for (MailboxLookup& lookup : Lookups(state.range(0))) {
    questions.push_back({std::move(lookup), nullptr, absl::UnixEpoch()});
  }
  const std::vector<MailboxLookup> controls =
      ControlsFor(people, questions.front().lookup);
  const CountAllocations count(&state);
  for (auto _ : state) {
    benchmark::DoNotOptimize(FilterFor(people, questions, controls));
  }
}
BENCHMARK(SearchFilter)->ArgName("lookups")->Arg(1)->Arg(32);

// A copy of what came back is made each time.
void Attribution(benchmark::State& state, bool found) {
  const DirectoryPolicy people = People();
  const std::vector<MailboxLookup> lookups = Lookups(state.range(0));
  const std::vector<MailboxLookup> controls =
      ControlsFor(people, lookups.front());
  const SearchResult result = Result(people, found ? state.range(0) : 0);
  const auto attribution = AssignEntries(people, lookups, controls, result);
  for (const std::optional<Answer>& answer : attribution.answers) {
    if (!answer.has_value() || !(found ? answer->present() : answer->proven()))
      return state.SkipWithError("wrong answers");
  }
  const CountAllocations count(&state);
  for (auto _ : state) {
    benchmark::DoNotOptimize(AssignEntries(people, lookups, controls, result));
  }
}
BENCHMARK_CAPTURE(Attribution, found, true)
    ->ArgName("lookups")
    ->Arg(1)
    ->Arg(32);
BENCHMARK_CAPTURE(Attribution, missing, false)
    ->ArgName("lookups")
    ->Arg(1)
    ->Arg(32);

}  // namespace
}  // namespace mailverdict

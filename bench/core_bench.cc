// The pure core: how long a verdict takes when all evidence is at hand, and how
// often it allocates.
//
//   bazel run --config=opt //bench:core_bench

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <memory>
#include <new>

#include "lib/checks/build_chain.h"
#include "lib/core/chain.h"
#include "lib/core/vouch.h"
#include "lib/mail/address.h"

namespace {
size_t g_allocations = 0;
}  // namespace

// Not inlined: the compiler would take the pair for a mismatch.
[[gnu::noinline]] void* operator new(size_t size) {
  ++g_allocations;
  if (void* p = std::malloc(size)) return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, size_t) noexcept {
  std::free(p);
}

namespace mailverdict {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

std::shared_ptr<const Policy> Ours() {
  auto policy = std::make_shared<Policy>();
  DirectoryPolicy people;
  people.name = "people";
  people.filter = *FilterTemplate::Parse("(|(mail=%a)(uid=%u))");
  people.controls = {{"mail", "old@example.org", "uid=old"},
                     {"uid", "new@example.org", "uid=new"}};
  policy->directories.push_back(people);
  policy->realms.emplace_back();
  policy->realms[0].directory = "people";
  policy->realm_by_domain.Add("example.org", 0);
  policy->checks.emplace_back();
  return policy;
}

Answer ProvenAbsent(const Policy& policy, const MailboxLookup& lookup) {
  const Transcript moment{"ldap://ldap1.example.org", 1, 2, kNow, kNow};
  std::vector<Report> controls;
  for (const MailboxLookup& control :
       ControlsFor(policy.directories[0], lookup)) {
    controls.push_back(Report::Present(control, {"uid=x"}, moment));
  }
  return Vouch(policy.directories[0], Report::Absent(lookup, moment), controls);
}

// What the engine does once for each round of answers.
void Judge(benchmark::State& state, const char* recipient, bool exists) {
  const std::shared_ptr<const Policy> policy = Ours();
  const Chain chain = BuildChain(policy);
  Transaction tx;
  tx.stage = Stage::kRcpt;
  tx.now = kNow;
  tx.recipient = recipient;
  Evidence evidence;
  for (;;) {  // everything that it will ask for
    const Evaluation e = Evaluate(chain, tx, evidence);
    if (std::holds_alternative<Verdict>(e)) break;
    for (const Lookup& lookup : std::get<std::vector<Lookup>>(e)) {
      const auto* mailbox = std::get_if<MailboxLookup>(&lookup);
      evidence.Add(mailbox == nullptr ? Answer(Report::Absent(lookup))
                   : exists ? Answer(Report::Present(lookup, {"uid=joe"}))
                            : ProvenAbsent(*policy, *mailbox));
    }
  }
  const size_t before = g_allocations;
  for (auto _ : state) {
    benchmark::DoNotOptimize(Evaluate(chain, tx, evidence));
  }
  state.counters["allocations"] =
      benchmark::Counter(static_cast<double>(g_allocations - before),
                         benchmark::Counter::kAvgIterations);
}

BENCHMARK_CAPTURE(Judge, present, "joe@example.org", true);
BENCHMARK_CAPTURE(Judge, proven_absent, "joe@example.org", false);
BENCHMARK_CAPTURE(Judge, tagged, "joe.longer.name+tag@example.org", true);
BENCHMARK_CAPTURE(Judge, not_ours, "joe@example.com", true);

void ParseAddress(benchmark::State& state, const char* text) {
  const size_t before = g_allocations;
  for (auto _ : state) benchmark::DoNotOptimize(mail::ParseAddress(text));
  state.counters["allocations"] =
      benchmark::Counter(static_cast<double>(g_allocations - before),
                         benchmark::Counter::kAvgIterations);
}

BENCHMARK_CAPTURE(ParseAddress, plain, "joe@example.org");
BENCHMARK_CAPTURE(ParseAddress, quoted, "<\"joe doe\"@example.org>");
BENCHMARK_CAPTURE(ParseAddress, idn,
                  "joe@b\xc3\xbc"
                  "cher.example");

}  // namespace
}  // namespace mailverdict

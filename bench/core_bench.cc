// The pure core: how long a verdict takes when all evidence is at hand, and how
// often it allocates.
//
//   bazel run --config=opt //bench:core_bench

#include <benchmark/benchmark.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "bench/allocations.h"
#include "lib/checks/build_chain.h"
#include "lib/core/chain.h"
#include "lib/core/vouch.h"
#include "lib/mail/address.h"

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
  const Origin moment{"ldap://ldap1.example.org", 1, 2, kNow, kNow};
  std::vector<Report> controls;
  for (const MailboxLookup& control :
       ControlsFor(policy.directories[0], lookup)) {
    controls.push_back(Report::Present(control, {"uid=x"}, moment));
  }
  return Vouch(policy.directories[0], Report::Absent(lookup, moment), controls);
}

using Asked = std::function<Answer(const Lookup&)>;

// What the engine does once for each round of answers: here, when all that the
// checks ask for is known.
void JudgeKnown(benchmark::State& state, const Chain& chain,
                const Transaction& tx, const Asked& answer_to) {
  Evidence evidence;
  for (;;) {
    const Evaluation e = Evaluate(chain, tx, evidence);
    if (std::holds_alternative<Verdict>(e)) break;
    for (const Lookup& lookup : std::get<std::vector<Lookup>>(e)) {
      evidence.Add(answer_to(lookup));
    }
  }
  const CountAllocations count(&state);
  for (auto _ : state) {
    benchmark::DoNotOptimize(Evaluate(chain, tx, evidence));
  }
}

void Judge(benchmark::State& state, const char* recipient, bool exists) {
  const std::shared_ptr<const Policy> policy = Ours();
  Transaction tx;
  tx.stage = Stage::kRcpt;
  tx.now = kNow;
  tx.recipient = recipient;
  JudgeKnown(state, BuildChain(policy), tx, [&](const Lookup& lookup) {
    const auto* mailbox = std::get_if<MailboxLookup>(&lookup);
    return mailbox == nullptr ? Answer(Report::Absent(lookup))
           : exists           ? Answer(Report::Present(lookup, {"uid=joe"}))
                              : ProvenAbsent(*policy, *mailbox);
  });
}

BENCHMARK_CAPTURE(Judge, present, "joe@example.org", true);
BENCHMARK_CAPTURE(Judge, proven_absent, "joe@example.org", false);
BENCHMARK_CAPTURE(Judge, tagged, "joe.longer.name+tag@example.org", true);
BENCHMARK_CAPTURE(Judge, not_ours, "joe@example.com", true);

// The first so many of the checks that a policy can have, everybody is well.
Answer AllIsWell(const Lookup& lookup) {
  if (const auto* dns = std::get_if<DnsLookup>(&lookup)) {
    if (absl::StrContains(dns->name, ".list"))
      return Answer(Report::Absent(lookup));
    return Answer(Report::Present(
        lookup,
        {dns->type == DnsType::kMx ? "10 mx." + dns->name : "8.8.8.8"}));
  }
  if (std::holds_alternative<MailboxLookup>(lookup)) {
    return Answer(Report::Present(lookup, {"uid=joe"}));
  }
  return Answer(Report::Absent(lookup));
}

void Checks(benchmark::State& state) {
  const std::vector<CheckPolicy> checks = {
      RecipientPolicy(), DomainCheckPolicy(), [] {
        DnsblCheckPolicy dnsbl;
        for (const char* zone : {"a.list.example", "b.list.example"}) {
          dnsbl.lists.emplace_back();
          dnsbl.lists.back().zone = zone;
        }
        return dnsbl;
      }()};
  const auto policy = std::make_shared<Policy>(*Ours());
  policy->checks.assign(checks.begin(), checks.begin() + state.range(0));
  Transaction tx;
  tx.stage = Stage::kRcpt;
  tx.now = kNow;
  tx.client = "203.0.113.9";
  tx.sender = "ann@example.com";
  tx.recipient = "joe@example.org";
  JudgeKnown(state, BuildChain(policy), tx, AllIsWell);
}
BENCHMARK(Checks)->ArgName("checks")->DenseRange(1, 3);

void ParseAddress(benchmark::State& state, const char* text) {
  const CountAllocations count(&state);
  for (auto _ : state) benchmark::DoNotOptimize(mail::ParseAddress(text));
}

BENCHMARK_CAPTURE(ParseAddress, plain, "joe@example.org");
BENCHMARK_CAPTURE(ParseAddress, quoted, "<\"joe doe\"@example.org>");
BENCHMARK_CAPTURE(ParseAddress, idn,
                  "joe@b\xc3\xbc"
                  "cher.example");

}  // namespace
}  // namespace mailverdict

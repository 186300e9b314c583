// What the tests of the check `dnsbl` share.

#ifndef MAILVERDICT_LIB_CHECKS_DNSBL_TESTING_H_
#define MAILVERDICT_LIB_CHECKS_DNSBL_TESTING_H_

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "lib/checks/build_chain.h"
#include "lib/core/chain.h"
#include "lib/core/dns_vouch_testing.h"

namespace mailverdict {

// Two block lists, one.example.org (weight 1) and two.example.org (weight 2);
// an allow list, ok.example.org (weight -2); a positive control of DNS. In each
// list only the answer 127.0.0.2 counts.
inline std::shared_ptr<Policy> ThreeLists(int threshold = 1) {
  auto policy = std::make_shared<Policy>();
  policy->dns.controls = {{"control.example.org", true}};
  DnsblCheckPolicy check;
  check.threshold = threshold;
  for (const auto& [zone, weight] :
       {std::pair("one", 1), std::pair("two", 2), std::pair("ok", -2)}) {
    DnsList list;
    list.zone = std::string(zone) + ".example.org";
    list.answers.push_back({*mail::IpNetwork::Parse("127.0.0.2"), weight});
    list.weight = 100;  // does not count
    check.lists.push_back(std::move(list));
  }
  policy->checks = {check};
  return policy;
}

inline DnsblCheckPolicy& CheckOf(Policy& policy) {
  return std::get<DnsblCheckPolicy>(policy.checks[0]);
}

inline Transaction FromClient(std::string client, std::string sender = "<>",
                              Stage stage = Stage::kRcpt) {
  Transaction tx;
  tx.stage = stage;
  tx.now = kNoon;
  tx.client = std::move(client);
  tx.sender = std::move(sender);
  tx.recipient = "joe@example.com";
  return tx;
}

using World = std::function<Answer(const DnsLookup&)>;

// The verdict, and the lookups that each evaluation asked for.
struct Outcome {
  Verdict verdict;
  std::vector<std::vector<DnsLookup>> rounds;
};

inline Outcome JudgeIn(const World& world, const Chain& chain,
                       const Transaction& tx) {
  Outcome outcome;
  Evidence evidence;
  for (;;) {
    Evaluation found = Evaluate(chain, tx, evidence);
    if (auto* verdict = std::get_if<Verdict>(&found)) {
      outcome.verdict = std::move(*verdict);
      return outcome;
    }
    outcome.rounds.emplace_back();
    for (const Lookup& lookup : std::get<std::vector<Lookup>>(found)) {
      const auto& dns = std::get<DnsLookup>(lookup);
      outcome.rounds.back().push_back(dns);
      evidence.Add(world(dns));
    }
  }
}

// "NAME TYPE" of each lookup, or "+NAME TYPE" if it is with controls.
inline std::vector<std::string> Said(const std::vector<DnsLookup>& lookups) {
  std::vector<std::string> said;
  for (const DnsLookup& lookup : lookups) {
    said.push_back((lookup.with_controls ? "+" : "") + lookup.name + " " +
                   ToString(lookup.type));
  }
  return said;
}

inline Answer UnknownOf(const DnsLookup& lookup) {
  return Answer(Report::Unknown(lookup, "timed out", AnswerMoment()));
}

// The answer of a DNS that works. It is proven if the lookup is with controls
// and they can prove it.
inline Answer WellAnswered(const Policy& policy, const Report& report) {
  const auto& lookup = std::get<DnsLookup>(report.lookup);
  return lookup.with_controls ? Vouched(policy, report) : Answer(report);
}

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CHECKS_DNSBL_TESTING_H_

// What a resolver sees of DNS when all is well, for tests.

#ifndef MAILVERDICT_LIB_CORE_DNS_VOUCH_TESTING_H_
#define MAILVERDICT_LIB_CORE_DNS_VOUCH_TESTING_H_

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "lib/core/dns_vouch.h"

namespace mailverdict {

inline const absl::Time kNoon = absl::FromUnixSeconds(1'800'000'000);
constexpr uint64_t kRandom = 0x0123456789abcdef;
constexpr char kLabel[] = "mv0123456789abcdef";  // the label made from it

// Two positive controls, a block list that has all kinds of keys, and an allow
// list.
inline Policy Ours() {
  Policy policy;
  policy.dns.controls = {{"control.example.org", true},
                         {"zero.example.org", false}};
  DnsblCheckPolicy dnsbl;
  dnsbl.lists.resize(2);
  dnsbl.lists[0].zone = "bl.example.org";
  dnsbl.lists[0].ipv6 = true;
  dnsbl.lists[0].domains = true;
  dnsbl.lists[1].zone = "ok.example.org";
  dnsbl.lists[1].weight = -1;
  policy.checks = {dnsbl};
  return policy;
}

inline Policy WithoutControls() {
  Policy policy = Ours();
  policy.dns.controls.clear();
  return policy;
}

inline DnsLookup Asked(std::string name, DnsType type = DnsType::kA) {
  return {std::move(name), type, true};
}

// The answer has come after one millisecond, each control after two more.
inline Origin AnswerMoment() {
  return {"192.0.2.53", 1, 7, kNoon, kNoon + absl::Milliseconds(1)};
}
inline Origin ControlMoment() {
  return {"192.0.2.53", 1, 8, kNoon + absl::Milliseconds(1),
          kNoon + absl::Milliseconds(3)};
}

// The report of a name below a top-level domain that does not exist.
inline Report NoName(DnsLookup lookup) {
  Report report = Report::Absent(std::move(lookup), AnswerMoment());
  report.absence = Absence::kNoName;
  report.dns.ttl = absl::Minutes(15);
  report.dns.zone = ".";
  return report;
}

// The report of each control when all is well.
inline std::vector<Report> AsItShouldBe(const Policy& policy,
                                        const DnsLookup& lookup) {
  std::vector<Report> controls;
  for (const DnsControl& control : DnsControlsFor(policy, lookup, kRandom)) {
    const bool of_list = policy.FindListOfName(control.lookup.name) != nullptr;
    const char* address = of_list ? "127.0.0.2" : "192.0.2.1";
    controls.push_back(
        control.present
            ? Report::Present(control.lookup, {address}, ControlMoment())
            : Report::Absent(control.lookup, ControlMoment()));
    if (control.uncached) controls.back().dns.ttl = absl::ZeroDuration();
  }
  return controls;
}

// `report`, judged with controls that all pass.
inline Answer Vouched(const Policy& policy, Report report) {
  std::vector<Report> controls =
      AsItShouldBe(policy, std::get<DnsLookup>(report.lookup));
  return VouchDns(policy, kRandom, std::move(report), controls);
}

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_DNS_VOUCH_TESTING_H_

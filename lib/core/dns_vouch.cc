#include "lib/core/dns_vouch.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/mail/domain.h"
#include "lib/policy/dns_list.h"

namespace mailverdict {
namespace {

// A label that nobody has asked for before, so that it is in no cache.
std::string RandomLabel(uint64_t random) {
  return absl::StrCat("mv", absl::Hex(random, absl::kZeroPad16));
}

bool IsAllowList(const DnsList& list) { return WeightsOf(list).least < 0; }

// Random documentation addresses (RFC 5737, RFC 3849). No list has them.
mail::IpAddress RandomIpv4(uint64_t random) {
  static constexpr uint16_t kNets[][2] = {
      {0xc000, 0x0200}, {0xc633, 0x6400}, {0xcb00, 0x7100}};
  const auto& net = kNets[random % 3];
  const auto host = static_cast<uint16_t>(1 + random / 3 % 254);
  return {
      {0, 0, 0, 0, 0, 0xffff, net[0], static_cast<uint16_t>(net[1] | host)}};
}
mail::IpAddress RandomIpv6(uint64_t random) {
  return {{0x2001, 0xdb8, 0, 0, static_cast<uint16_t>(random >> 48),
           static_cast<uint16_t>(random >> 32),
           static_cast<uint16_t>(random >> 16), static_cast<uint16_t>(random)}};
}

// The test name for the IPv6 address ::ffff:7f00:N. It is written here because
// ListedName takes this address for 127.0.0.N.
std::string Ipv6TestName(char last, std::string_view zone) {
  // The name of RFC 5782 5, which has N = 2. The last nibble comes first.
  std::string name = {last, '.'};
  for (const char nibble : std::string_view("00000f7ffff")) {
    name += nibble;
    name += '.';
  }
  for (int i = 0; i < 20; ++i) name += "0.";
  return name.append(zone);
}

void AddPositive(const DnsPolicy& dns, uint64_t random,
                 std::vector<DnsControl>* controls) {
  for (const DnsPolicy::Control& control : dns.controls) {
    controls->push_back({{control.wildcard ? absl::StrCat(RandomLabel(random),
                                                          ".", control.name)
                                           : control.name,
                          DnsType::kA},
                         true,
                         !control.wildcard});
  }
}

std::vector<DnsControl> ControlsOf(const DnsList& list, const DnsPolicy& dns,
                                   uint64_t random) {
  std::vector<DnsControl> controls;
  const auto add = [&](std::string name, bool present) {
    controls.push_back({{std::move(name), DnsType::kA}, present});
  };
  const std::string below = "." + list.zone;
  if (list.ipv4) {
    add("2.0.0.127" + below, true);
    add("1.0.0.127" + below, false);
    add(ListedName(RandomIpv4(random), list.zone), false);
  }
  if (list.ipv6) {
    add(Ipv6TestName('2', list.zone), true);
    add(Ipv6TestName('1', list.zone), false);
    add(ListedName(RandomIpv6(random), list.zone), false);
  }
  if (list.domains) {
    add("test" + below, true);
    add("invalid" + below, false);
    add(absl::StrCat(RandomLabel(random), ".example.com", below), false);
  }
  if (IsAllowList(list)) AddPositive(dns, random, &controls);
  return controls;
}

std::vector<DnsControl> ControlsOf(const DnsPolicy& dns, uint64_t random) {
  std::vector<DnsControl> controls;
  AddPositive(dns, random, &controls);
  for (const std::string& domain : dns.absent_below) {
    for (const DnsType type : {DnsType::kA, DnsType::kMx}) {
      controls.push_back(
          {{absl::StrCat(RandomLabel(random), ".", domain), type}, false});
    }
  }
  return controls;
}

const Report* FindReport(const std::vector<Report>& reports,
                         const DnsControl& control) {
  for (const Report& report : reports) {
    if (report.lookup == Lookup(control.lookup)) return &report;
  }
  return nullptr;
}

// Whether a list answered with an address that means an error (dns_list.h).
bool IsError(const DnsList* list, const Report& report) {
  return list != nullptr && report.state == AnswerState::kPresent &&
         std::get<DnsLookup>(report.lookup).type == DnsType::kA &&
         !ListingWeight(*list, report.values).has_value();
}

// Returns the fault of the answer `seen` of one control; empty if it passed.
// `before` belongs to the answer that the control has to vouch for, `list` is
// the list that the control is in.
std::string Objection(const DnsControl& control, const Report* seen,
                      const Origin& before, const DnsList* list) {
  const std::string name = absl::StrCat("control ", control.lookup.name, " ",
                                        ToString(control.lookup.type));
  if (seen == nullptr) return name + " was not asked with it";
  if (seen->state == AnswerState::kUnknown) {
    return absl::StrCat(name, " is unknown: ", seen->reason);
  }
  if (seen->origin.server.empty() || seen->origin.server != before.server ||
      seen->origin.sent < before.received) {
    return name + " comes from another server or moment";
  }
  const bool present = seen->state == AnswerState::kPresent;
  if (!control.present) {
    return present ? name + " is there, and should not be" : "";
  }
  if (!present) return name + " is missing";
  if (control.uncached && seen->dns.ttl != absl::ZeroDuration()) {
    return name + " has a TTL, so it may come from a cache";
  }
  if (IsError(list, *seen)) {
    return absl::StrCat(
        name, " is answered by an error: ", absl::StrJoin(seen->values, ", "));
  }
  return "";
}

}  // namespace

std::vector<DnsControl> DnsControlsFor(const Policy& policy,
                                       const DnsLookup& lookup,
                                       uint64_t random) {
  const DnsList* list = policy.FindListOfName(lookup.name);
  return list != nullptr ? ControlsOf(*list, policy.dns, random)
                         : ControlsOf(policy.dns, random);
}

bool CanBeVouchedFor(const Policy& policy, const Report& report) {
  if (report.state == AnswerState::kPresent) return true;
  const auto& lookup = std::get<DnsLookup>(report.lookup);
  const DnsList* list = policy.FindListOfName(lookup.name);
  const bool provable = list == nullptr
                            ? report.absence == Absence::kNoName
                            : IsAllowList(*list) && lookup.type == DnsType::kA;
  return report.state == AnswerState::kAbsent && provable &&
         report.dns.alias_target.empty() &&
         mail::IsBelow(lookup.name, report.dns.zone) &&
         !policy.dns.controls.empty();
}

std::string ObjectionOfControls(const Policy& policy, const DnsLookup& lookup,
                                uint64_t random, const Origin& before,
                                const std::vector<Report>& seen) {
  for (const DnsControl& control : DnsControlsFor(policy, lookup, random)) {
    std::string objection =
        Objection(control, FindReport(seen, control), before,
                  policy.FindListOfName(control.lookup.name));
    if (!objection.empty()) return objection;
  }
  return "";
}

Answer VouchDns(const Policy& policy, uint64_t random, Report report,
                const std::vector<Report>& controls) {
  const auto& lookup = std::get<DnsLookup>(report.lookup);
  const auto unknown = [&](std::string why) {
    return Answer(
        Report::Unknown(report.lookup, std::move(why), report.origin));
  };
  if (IsError(policy.FindListOfName(lookup.name), report)) {
    return unknown("the list answers by an error: " +
                   absl::StrJoin(report.values, ", "));
  }
  if (!CanBeVouchedFor(policy, report)) return Answer(std::move(report));
  std::string objection =
      ObjectionOfControls(policy, lookup, random, report.origin, controls);
  if (!objection.empty()) return unknown(std::move(objection));
  std::string vouched_by;
  for (const DnsControl& control : DnsControlsFor(policy, lookup, random)) {
    absl::StrAppend(&vouched_by, vouched_by.empty() ? "" : ", ",
                    control.present ? "" : "no ", control.lookup.name, " ",
                    ToString(control.lookup.type));
  }
  // Without controls `vouched_by` is empty, so the answer is not proven.
  return Answer(
      Answer::Data{std::move(report), std::move(vouched_by), false, ""});
}

}  // namespace mailverdict

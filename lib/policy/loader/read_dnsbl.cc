#include <utility>

#include "absl/strings/substitute.h"
#include "lib/mail/domain.h"
#include "lib/policy/dns_list.h"
#include "lib/policy/loader/read_policy.h"
#include "lib/policy/loader/values.h"

namespace mailverdict {
namespace {

using B = proto::Dnsbl;
using C = proto::Check;
using L = proto::List;

constexpr absl::Duration kMinBudget = absl::Milliseconds(100);
// Small enough that no sum of weights overflows.
constexpr int kMaxWeight = 1000;

// The space before a zone: 32 nibbles of an IPv6 address; otherwise an IPv4
// address, or the longest name that is asked for as a control (dns_vouch.h).
constexpr size_t kRoomForIpv6 = 64;
constexpr size_t kRoomForOthers = 32;

template <typename M>
void CheckWeight(const ParsedMessage<M>& parsed, int field, int weight) {
  if (weight != 0 && -kMaxWeight <= weight && weight <= kMaxWeight) return;
  parsed.Error(field,
               absl::Substitute("weight is $0; write 1 to $1, or -$1 to -1 for "
                                "an allow list",
                                weight, kMaxWeight));
}

void ReadAnswer(const ParsedMessage<proto::Answer>& parsed, UniqueValues* seen,
                DnsList* list) {
  using A = proto::Answer;
  // An answer without a weight has the weight of its list.
  const int weight = parsed->has_weight() ? parsed->weight() : list->weight;
  if (parsed->has_weight()) CheckWeight(parsed, A::kWeightFieldNumber, weight);
  if (!Require(parsed, "answer", {{A::kWithinFieldNumber, "127.0.0.2"}}))
    return;
  const std::optional<mail::IpNetwork> within =
      mail::IpNetwork::Parse(parsed->within());
  const bool good = within.has_value() && kDnsListings.Contains(*within);
  if (!good || kDnsListErrors.Contains(*within)) {
    parsed.Error(
        A::kWithinFieldNumber,
        absl::Substitute("within $0 $1; write, say, \"127.0.0.2\" or "
                         "\"127.0.1.0/24\"",
                         Quoted(parsed->within()),
                         good ? "is in 127.255.255.0/24, where lists put errors"
                              : "is no address or network within 127.0.0.0/8"));
    return;
  }
  seen->Add(parsed->within(), parsed.At(A::kWithinFieldNumber),
            absl::StrCat("within ", Quoted(parsed->within())));
  list->answers.push_back({*within, weight});
}

DnsList ReadList(const ParsedMessage<L>& parsed) {
  DnsList list;
  list.ipv4 = parsed->ipv4();
  list.ipv6 = parsed->ipv6();
  list.domains = parsed->domains();
  if (!list.ipv4 && !list.ipv6 && !list.domains) {
    parsed.Error(L::kIpv4FieldNumber,
                 "nothing is looked up in this list; write ipv4, ipv6 or "
                 "domains: true");
  }
  list.weight = parsed->weight();
  CheckWeight(parsed, L::kWeightFieldNumber, list.weight);
  if (Require(parsed, "list", {{L::kZoneFieldNumber, "zen.example.org"}})) {
    list.zone = ReadZone(parsed, L::kZoneFieldNumber, "zone", parsed->zone(),
                         -1, 0, list.ipv6 ? kRoomForIpv6 : kRoomForOthers);
  }
  UniqueValues answers(&parsed.faults());
  for (int i = 0; i < parsed->answer_size(); ++i) {
    ReadAnswer(parsed.Child(parsed->answer(i), L::kAnswerFieldNumber, i),
               &answers, &list);
  }
  return list;
}

// Checks that no zone is equal to, or within, another. A name below both could
// not be attributed to one list.
void CheckZones(const ParsedMessage<B>& parsed,
                const std::vector<DnsList>& lists) {
  const auto at = [&](size_t i) {
    const int index = static_cast<int>(i);
    return parsed.Child(parsed->list(index), B::kListFieldNumber, index)
        .At(L::kZoneFieldNumber);
  };
  for (size_t i = 0; i < lists.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      const std::string& later = lists[i].zone;
      const std::string& first = lists[j].zone;
      if (first.empty() || later.empty()) continue;
      const bool below = mail::IsBelow(later, first);
      const bool above = mail::IsBelow(first, later);
      if (later != first && !below && !above) continue;
      parsed.faults().Error(
          at(i), absl::Substitute(
                     "zone $0 is $1, $2$3", Quoted(later),
                     below   ? absl::StrCat("below ", Quoted(first))
                     : above ? absl::StrCat("above ", Quoted(first))
                             : "there already",
                     parsed.faults().Line(at(j)),
                     below || above ? ": what is in the one would be in the "
                                      "other; keep one of them"
                                    : ""));
    }
  }
}

void ReadBudget(const ParsedMessage<B>& parsed, absl::Duration deadline,
                absl::Duration* budget) {
  ReadDurationField(parsed, B::kBudgetFieldNumber, parsed->has_budget(),
                    "budget", parsed->budget(), "1s", budget);
  if (*budget < kMinBudget) {
    parsed.Error(B::kBudgetFieldNumber,
                 absl::Substitute("budget is $0, under 100ms: no list could "
                                  "answer in time; write, say, \"1s\"",
                                  absl::FormatDuration(*budget)));
  } else if (*budget >= deadline) {
    parsed.Error(B::kBudgetFieldNumber,
                 absl::Substitute("budget is $0 and the policy's deadline $1: "
                                  "a slow list would leave the other checks no "
                                  "time; write less than the deadline",
                                  absl::FormatDuration(*budget),
                                  absl::FormatDuration(deadline)));
  }
}

// Warns of lists that are valid but have no effect.
void WarnOfIdleLists(const ParsedMessage<B>& parsed,
                     const DnsblCheckPolicy& check, const DnsPolicy& dns) {
  int most = 0;
  for (size_t i = 0; i < check.lists.size(); ++i) {
    const DnsList& list = check.lists[i];
    const WeightRange weights = WeightsOf(list);
    // The address of the client and the domain of the sender may both be
    // listed.
    most += weights.most * ((list.ipv4 || list.ipv6) + list.domains);
    if (weights.least >= 0 || !dns.controls.empty()) continue;
    parsed.Warning(
        B::kListFieldNumber,
        absl::Substitute("list $0 is an allow list, and dns has no control: "
                         "that somebody is not on it is never proven, so it "
                         "counts as if everybody were; add dns { control: "
                         "\"*.control.example.org\" }",
                         Quoted(list.zone)),
        static_cast<int>(i));
  }
  if (most >= check.threshold) return;
  parsed.Warning(
      parsed->has_threshold() ? B::kThresholdFieldNumber : B::kListFieldNumber,
      absl::Substitute("threshold is $0, and all lists together weigh $1: "
                       "nobody is rejected; write $2",
                       check.threshold, most,
                       most > 0 ? absl::StrCat(most, " or less")
                                : "a list with a weight above 0"),
      parsed->has_threshold() ? -1 : 0);
}

}  // namespace

DnsblCheckPolicy ReadDnsbl(const ParsedMessage<C>& check,
                           const Policy& policy) {
  const ParsedMessage<B> parsed =
      check.Child(check->dnsbl(), C::kDnsblFieldNumber);
  DnsblCheckPolicy result;
  for (int i = 0; i < parsed->list_size(); ++i) {
    result.lists.push_back(
        ReadList(parsed.Child(parsed->list(i), B::kListFieldNumber, i)));
  }
  if (result.lists.empty()) {
    parsed.faults().Error(parsed.begin(),
                          "dnsbl has no list; write, say, list { zone: "
                          "\"zen.example.org\" }");
  }
  CheckZones(parsed, result.lists);
  result.threshold = parsed->threshold();
  if (result.threshold < 1) {
    parsed.Error(
        B::kThresholdFieldNumber,
        absl::Substitute("threshold is $0, so nobody need be listed to "
                         "be rejected; write 1 or more",
                         result.threshold));
  }
  ReadBudget(parsed, policy.deadline, &result.budget);
  WarnOfIdleLists(parsed, result, policy.dns);
  return result;
}

}  // namespace mailverdict

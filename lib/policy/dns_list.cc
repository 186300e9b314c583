#include "lib/policy/dns_list.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"

namespace mailverdict {
namespace {

int WeightOf(const DnsList& list, const mail::IpAddress& listing) {
  // Without `answers` any listing counts, and all weigh the same.
  if (list.answers.empty()) return list.weight;
  for (const DnsList::WeightedAnswer& answer : list.answers) {
    if (answer.within.Contains(listing)) return answer.weight;
  }
  return 0;
}

WeightRange With(WeightRange range, int weight) {
  return {std::min(range.least, weight), std::max(range.most, weight)};
}

}  // namespace

std::string ListedName(const mail::IpAddress& address, std::string_view zone) {
  const auto& groups = address.groups;
  std::string name;
  if (mail::IsIpv4(address)) {
    absl::StrAppend(&name, groups[7] & 0xff, ".", groups[7] >> 8, ".",
                    groups[6] & 0xff, ".", groups[6] >> 8, ".");
  } else {
    for (auto group = groups.rbegin(); group != groups.rend(); ++group) {
      for (int shift = 0; shift < 16; shift += 4) {
        name += "0123456789abcdef"[*group >> shift & 0xf];
        name += '.';
      }
    }
  }
  return name.append(zone);
}

std::optional<int> ListingWeight(const DnsList& list,
                                 const std::vector<std::string>& values) {
  WeightRange weights;
  for (const std::string& value : values) {
    const std::optional<mail::IpAddress> ip = mail::ParseIp(value);
    // One value outside of the listings shows a list that is broken or refuses
    // us, so we believe none of its values.
    if (!ip.has_value() || !kDnsListings.Contains(*ip) ||
        kDnsListErrors.Contains(*ip)) {
      return std::nullopt;
    }
    weights = With(weights, WeightOf(list, *ip));
  }
  if (values.empty()) return std::nullopt;
  return weights.least < 0 ? weights.least : weights.most;
}

WeightRange WeightsOf(const DnsList& list) {
  if (list.answers.empty()) return With({}, list.weight);
  WeightRange weights;
  for (const DnsList::WeightedAnswer& answer : list.answers) {
    weights = With(weights, answer.weight);
  }
  return weights;
}

}  // namespace mailverdict

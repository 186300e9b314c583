#include "lib/core/dns_list.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"

namespace mailverdict {
namespace {

// Of an IPv4 address, which is kept as ::ffff:a.b.c.d.
bool IsIpv4(const mail::IpAddress& address) {
  const auto& groups = address.groups;
  return groups[5] == 0xffff &&
         std::all_of(groups.begin(), groups.begin() + 5,
                     [](uint16_t group) { return group == 0; });
}

const mail::IpNetwork kListings = *mail::IpNetwork::Parse("127.0.0.0/8");
const mail::IpNetwork kErrors = *mail::IpNetwork::Parse("127.255.255.0/24");

}  // namespace

std::string ListedName(const mail::IpAddress& address, std::string_view zone) {
  const auto& groups = address.groups;
  std::string name;
  if (IsIpv4(address)) {
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

std::optional<int> ListingWeight(const DnsList& list, std::string_view answer) {
  const std::optional<mail::IpAddress> ip = mail::ParseIp(answer);
  if (!ip.has_value() || !kListings.Contains(*ip) || kErrors.Contains(*ip)) {
    return std::nullopt;
  }
  if (list.answers.empty()) return list.weight;
  for (const DnsList::Answers& answers : list.answers) {
    if (answers.within.Contains(*ip)) return answers.weight;
  }
  return 0;
}

}  // namespace mailverdict

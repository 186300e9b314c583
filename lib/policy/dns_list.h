// Encodes the names, and interprets the answers, of DNS lists of addresses and
// domains (RFC 5782). Pure and thread-safe.

#ifndef MAILVERDICT_LIB_POLICY_DNS_LIST_H_
#define MAILVERDICT_LIB_POLICY_DNS_LIST_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/mail/ip.h"
#include "lib/policy/policy.h"

namespace mailverdict {

// A listing is an answer within kDnsListings (RFC 5782 2.1) but not within
// kDnsListErrors. Many lists use the second network to say that they refuse or
// fail to answer.
inline const mail::IpNetwork kDnsListings =
    *mail::IpNetwork::Parse("127.0.0.0/8");
inline const mail::IpNetwork kDnsListErrors =
    *mail::IpNetwork::Parse("127.255.255.0/24");

// The name to look up for an address: "1.2.0.192.dnsbl.example.org" (RFC 5782
// 2.1); for an IPv6 address, its 32 nibbles, the last one first (2.4).
std::string ListedName(const mail::IpAddress& address, std::string_view zone);

// The weight of a listing whose A records are `values`. Returns 0 if no value
// counts on this list. If several values count, returns the greatest weight.
// But if one weight is below zero, returns the least, because an allow list
// outweighs block lists. Returns nullopt if the answer is an error and not a
// listing: a value is within 127.255.255.0/24 or outside of 127.0.0.0/8, or
// there is no value.
std::optional<int> ListingWeight(const DnsList& list,
                                 const std::vector<std::string>& values);

// The least and the greatest weight that a name can have in one list. 0 is
// always in this range, because the name may not be listed. `least` is below 0
// for an allow list.
struct WeightRange {
  int least = 0;
  int most = 0;
};
WeightRange WeightsOf(const DnsList& list);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_DNS_LIST_H_

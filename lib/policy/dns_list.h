// Names and answers of DNS lists of addresses and of domains (RFC 5782). Pure
// and thread-safe.

#ifndef MAILVERDICT_LIB_POLICY_DNS_LIST_H_
#define MAILVERDICT_LIB_POLICY_DNS_LIST_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/mail/ip.h"
#include "lib/policy/policy.h"

namespace mailverdict {

// What lists answer: listings from the first (RFC 5782 2.1), without the
// second, from which many answer that they will not or cannot say.
inline const mail::IpNetwork kDnsListings =
    *mail::IpNetwork::Parse("127.0.0.0/8");
inline const mail::IpNetwork kDnsListErrors =
    *mail::IpNetwork::Parse("127.255.255.0/24");

// Where an address is looked up: "1.2.0.192.dnsbl.example.org" (RFC 5782 2.1),
// of an IPv6 address its 32 nibbles, the last first (2.4).
std::string ListedName(const mail::IpAddress& address, std::string_view zone);

// What a listing weighs, whose answer (A) has these values: 0 if none of them
// is among those that count. Of several the greatest weight counts, or the
// least if one is below zero: an allow list outweighs. nullopt: it is an error
// and no listing, since a value is 127.255.255.x or outside of 127.0.0.0/8, or
// there is none.
std::optional<int> ListingWeight(const DnsList& list,
                                 const std::vector<std::string>& values);

// What a name can weigh on a list, whatever the list says of it. 0 is always
// within, for it may not be listed; `least` is below it for an allow list.
struct WeightRange {
  int least = 0;
  int most = 0;
};
WeightRange WeightsOf(const DnsList& list);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_DNS_LIST_H_

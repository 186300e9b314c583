// Names and answers of DNS lists of addresses and of domains (RFC 5782). Pure
// and thread-safe.

#ifndef MAILVERDICT_LIB_CORE_DNS_LIST_H_
#define MAILVERDICT_LIB_CORE_DNS_LIST_H_

#include <optional>
#include <string>
#include <string_view>

#include "lib/core/policy.h"
#include "lib/mail/ip.h"

namespace mailverdict {

// Where an address is looked up: "1.2.0.192.dnsbl.example.org" (RFC 5782 2.1),
// of an IPv6 address its 32 nibbles, the last first (2.4).
std::string ListedName(const mail::IpAddress& address, std::string_view zone);

// What one answer (A) of a list weighs: 0 for one that is not among those that
// count. nullopt: it is an error and no listing, 127.255.255.x or outside of
// 127.0.0.0/8.
std::optional<int> ListingWeight(const DnsList& list, std::string_view answer);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_DNS_LIST_H_

// Domains that stand for very many senders: the Public Suffix List
// (https://publicsuffix.org, MPL 2.0), as the machine that builds has it from
// Debian's package publicsuffix, and large_providers.txt beside this file. Both
// are compiled in. Pure.

#ifndef MAILVERDICT_LIB_POLICY_GUARDED_DOMAINS_H_
#define MAILVERDICT_LIB_POLICY_GUARDED_DOMAINS_H_

#include <string_view>

namespace mailverdict {

// Whether the list names the canonical domain as a public suffix ("com",
// "co.uk", "github.io"), by a rule of its own or by a wildcard. A top-level
// domain that it does not have is none. Thread-safe.
bool IsPublicSuffix(std::string_view domain);

// Whether the canonical domain is a large provider's, exactly. Thread-safe.
bool IsLargeProvider(std::string_view domain);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_GUARDED_DOMAINS_H_

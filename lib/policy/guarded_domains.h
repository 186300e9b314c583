// Recognises domains that stand for very many senders. The data is the Public
// Suffix List (https://publicsuffix.org, MPL 2.0), from Debian's package
// publicsuffix on the machine that builds, and large_providers.txt beside this
// file. Both are compiled in. Pure.

#ifndef MAILVERDICT_LIB_POLICY_GUARDED_DOMAINS_H_
#define MAILVERDICT_LIB_POLICY_GUARDED_DOMAINS_H_

#include <string_view>

namespace mailverdict {

// Whether the canonical domain is a public suffix ("com", "co.uk",
// "github.io"), by a rule of its own or by a wildcard. False for a top-level
// domain that is not on the list. Thread-safe.
bool IsPublicSuffix(std::string_view domain);

// Whether the canonical domain is exactly that of a large provider.
// Thread-safe.
bool IsLargeProvider(std::string_view domain);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_GUARDED_DOMAINS_H_

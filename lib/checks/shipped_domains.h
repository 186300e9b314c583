// The list of domains that the project ships: shipped_domains.txt beside this
// file, compiled in. That file says which domains may be listed.

#ifndef MAILVERDICT_LIB_CHECKS_SHIPPED_DOMAINS_H_
#define MAILVERDICT_LIB_CHECKS_SHIPPED_DOMAINS_H_

#include "lib/policy/domain_list.h"

namespace mailverdict {

// The list is parsed at the first call and lives as long as the program. Its
// name is "shipped list". Thread-safe.
const DomainList& ShippedDomains();

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CHECKS_SHIPPED_DOMAINS_H_

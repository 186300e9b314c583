// The list of domains that the project ships: shipped_domains.txt beside this
// file, which says what may stand in it, compiled in.

#ifndef MAILVERDICT_LIB_CHECKS_SHIPPED_DOMAINS_H_
#define MAILVERDICT_LIB_CHECKS_SHIPPED_DOMAINS_H_

#include "lib/policy/domain_list.h"

namespace mailverdict {

// Read once; lives as long as the program. Its name is "shipped list".
// Thread-safe.
const DomainList& ShippedDomains();

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CHECKS_SHIPPED_DOMAINS_H_

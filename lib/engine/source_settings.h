// The settings of a policy that resolvers and caches are made from. After a
// reload, the new engine reuses each resolver and cache whose settings have not
// changed (engine.h).
//
// A resolver or a cache sees only its settings, so it cannot depend on a field
// that is not compared.

#ifndef MAILVERDICT_LIB_ENGINE_SOURCE_SETTINGS_H_
#define MAILVERDICT_LIB_ENGINE_SOURCE_SETTINGS_H_

#include <memory>

#include "lib/policy/policy.h"

namespace mailverdict {

// Whether two directories are the same in every field. A field that is added to
// DirectoryPolicy does not compile until it is compared here.
bool IsSame(const DirectoryPolicy& a, const DirectoryPolicy& b);

// Returns the settings that DNS depends on: DnsPolicy, the lists of the
// check `dnsbl`, and whether names in general are looked up. All other fields
// of the result have their defaults.
std::shared_ptr<const Policy> DnsSettingsOf(const Policy& policy);

// Whether two results of DnsSettingsOf are the same. A field that is added to
// DnsPolicy or DnsList does not compile until it is compared here.
bool IsSameDnsSettings(const Policy& a, const Policy& b);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_ENGINE_SOURCE_SETTINGS_H_

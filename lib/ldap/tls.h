// The TLS settings of a connection to a directory server: which certificates we
// accept, and which certificate we present.

#ifndef MAILVERDICT_LIB_LDAP_TLS_H_
#define MAILVERDICT_LIB_LDAP_TLS_H_

#include <string>

#include "absl/status/status.h"
#include "lib/policy/policy.h"

// As libldap names it.
struct ldap;

namespace mailverdict {

// Whether the connection uses TLS: ldaps:// always (from the first byte),
// ldap:// if the policy sets start_tls.
bool UsesTls(const std::string& uri, const DirectoryPolicy::Tls& tls);

// Sets the TLS options of a handle that has not connected yet. Does nothing if
// the connection uses no TLS. Unavailable: a file cannot be used. Any thread.
absl::Status SetTlsOptions(ldap* handle, const std::string& uri,
                           const DirectoryPolicy::Tls& tls);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_TLS_H_

// TLS to a directory server, as the policy wants it: whom to believe, and as
// whom to come.

#ifndef MAILVERDICT_LIB_LDAP_TLS_H_
#define MAILVERDICT_LIB_LDAP_TLS_H_

#include <string>

#include "absl/status/status.h"
#include "lib/policy/policy.h"

// As libldap names it.
struct ldap;

namespace mailverdict {

// ldaps:// is TLS from the first byte, ldap:// by StartTLS if the policy says
// so.
bool UsesTls(const std::string& uri, const DirectoryPolicy::Tls& tls);

// Gives a handle that has not connected yet what it needs for TLS; nothing to
// one that does without. Unavailable when a file cannot be used. Any thread.
absl::Status SetTlsOptions(ldap* handle, const std::string& uri,
                           const DirectoryPolicy::Tls& tls);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_TLS_H_

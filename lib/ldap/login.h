// The credentials that a connection binds with.

#ifndef MAILVERDICT_LIB_LDAP_LOGIN_H_
#define MAILVERDICT_LIB_LDAP_LOGIN_H_

#include <string>

#include "absl/status/statusor.h"
#include "lib/policy/policy.h"

namespace mailverdict {

// How to bind to a server: anonymously, with a name and a password, or by SASL
// EXTERNAL, where our TLS certificate tells the server the account (RFC 4513
// 5.2.3).
struct Login {
  bool external = false;
  std::string password;  // for a simple bind; "" for an anonymous one
  // For BindAccount: changes whenever another attempt may have another result.
  // It is the contents of the password file or, for SASL EXTERNAL, the identity
  // of the certificate's file; "" for an anonymous bind.
  std::string credentials;
};

// Reads the login for the server at `uri`. Blocks. Unavailable if the password
// file cannot be read, or has no password in its first line.
absl::StatusOr<Login> ReadLogin(const DirectoryPolicy& directory,
                                const std::string& uri);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_LOGIN_H_

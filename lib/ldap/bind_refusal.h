// Explains why a directory refuses a bind, for the log.

#ifndef MAILVERDICT_LIB_LDAP_BIND_REFUSAL_H_
#define MAILVERDICT_LIB_LDAP_BIND_REFUSAL_H_

#include <string>
#include <string_view>

#include "lib/policy/policy.h"

namespace mailverdict {

// Whether the result code of a bind (RFC 4511 4.1.9) rejects the account. Then
// another attempt with the same password does not help, and may count toward a
// lock. The codes are invalidCredentials (49), and two that mean a locked
// account: constraintViolation (19, from 389 Directory Server) and
// unwillingToPerform (53, from eDirectory).
bool IsBindRefusal(int code);

// Returns the meaning of a diagnostic message of Active Directory ("..., data
// 52e, v3839"); "" when it has no such number, or an unknown one.
std::string_view ActiveDirectoryReason(std::string_view diagnostic);

// Returns a text that names the account, the meaning of the refusal, and what
// to do. `external`: it was a SASL EXTERNAL bind. `result`: code and diagnostic
// message, from DescribeResult.
std::string DescribeBindRefusal(const DirectoryPolicy& directory, bool external,
                                const std::string& result);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_BIND_REFUSAL_H_

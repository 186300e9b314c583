// Explains in words for the log why a directory refuses a bind.

#ifndef MAILVERDICT_LIB_LDAP_BIND_REFUSAL_H_
#define MAILVERDICT_LIB_LDAP_BIND_REFUSAL_H_

#include <string>
#include <string_view>

#include "lib/policy/policy.h"

namespace mailverdict {

// Whether the result code of a bind (RFC 4511 4.1.9) judges the account, so
// that another attempt would not help and may count toward its lock:
// invalidCredentials (49); and what 389 Directory Server and eDirectory answer
// for a locked account, constraintViolation (19) and unwillingToPerform (53).
bool IsBindRefusal(int code);

// Returns the meaning of a diagnostic message of Active Directory ("..., data
// 52e, v3839"); "" when it has no such number, or an unknown one.
std::string_view ActiveDirectoryReason(std::string_view diagnostic);

// Names the account, the meaning and the cure. `external`: it was a SASL
// EXTERNAL bind. `result`: code and diagnostic message, from DescribeResult.
std::string DescribeBindRefusal(const DirectoryPolicy& directory, bool external,
                                const std::string& result);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_BIND_REFUSAL_H_

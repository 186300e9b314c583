// Recipients that no check of ours stops.

#ifndef MAILVERDICT_LIB_CHECKS_EXCEPTIONS_H_
#define MAILVERDICT_LIB_CHECKS_EXCEPTIONS_H_

#include "lib/core/policy.h"
#include "lib/mail/address.h"

namespace mailverdict {

// postmaster, abuse and what else the policy's check `recipient` names, in one
// of its realms, with a tag or without; <postmaster> without a domain, too (RFC
// 5321 4.5.1, RFC 2142): somebody has to hear of what is refused in error.
bool IsException(const Policy& policy, const mail::Address& recipient);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CHECKS_EXCEPTIONS_H_

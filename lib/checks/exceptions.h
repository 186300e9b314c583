// Recipients that no check of ours stops.

#ifndef MAILVERDICT_LIB_CHECKS_EXCEPTIONS_H_
#define MAILVERDICT_LIB_CHECKS_EXCEPTIONS_H_

#include <vector>

#include "lib/core/policy.h"
#include "lib/mail/address.h"

namespace mailverdict {

// The recipient with its tags and without (Address::TagForms), as its realm has
// them; alone, if it is in none.
std::vector<mail::Address> FormsOf(const mail::Address& recipient,
                                   const RealmPolicy* realm,
                                   bool* complete = nullptr);

// The first of `forms` that is an exception, as below; nullptr if none is.
const mail::Address* FindException(const Policy& policy,
                                   const std::vector<mail::Address>& forms);

// Whether one of `forms`, of a recipient in a realm or without a domain, is
// postmaster, abuse or what else the policy's check `recipient` names (RFC 5321
// 4.5.1, RFC 2142): somebody has to hear of what is refused in error.
bool IsException(const Policy& policy, const std::vector<mail::Address>& forms);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CHECKS_EXCEPTIONS_H_

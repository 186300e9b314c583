// Recipients that no check of ours stops: postmaster, abuse and others. For
// every check that may reject, and the forms of an address that go with them.

#ifndef MAILVERDICT_LIB_CHECKS_EXCEPTIONS_H_
#define MAILVERDICT_LIB_CHECKS_EXCEPTIONS_H_

#include <string>
#include <vector>

#include "lib/core/facts.h"
#include "lib/mail/address.h"
#include "lib/policy/policy.h"

namespace mailverdict {

// The recipient with its tags and without (Address::TagForms), as its realm has
// them; alone, if it is in none. Where the realm has BATV, the same of the
// mailbox in a signed local part, after the recipient's own. `complete`, unless
// null, says whether that is all: an address has at most kMaxTagForms.
std::vector<mail::Address> FormsOf(const mail::Address& recipient,
                                   const RealmPolicy* realm,
                                   bool* complete = nullptr);

// The recipient, and the mailboxes that its local part names if the realm takes
// signed addresses. A mailbox may itself be named like a signed address, so
// both are asked for.
std::vector<mail::Address> MeantBy(const mail::Address& recipient,
                                   const RealmPolicy& realm);

// How a directory may have written `forms` (Address::Spellings), none twice.
std::vector<std::string> SpellingsOf(const std::vector<mail::Address>& forms);

// Whether one of `forms` has the sender of a message that was forwarded in it,
// and the realm has SRS: no directory knows such a recipient.
bool HasForeignSender(const std::vector<mail::Address>& forms,
                      const RealmPolicy& realm);

// The first of `forms` that is an exception, as below; nullptr if none is.
const mail::Address* FindException(const Policy& policy,
                                   const std::vector<mail::Address>& forms);

// Whether one of `forms`, of a recipient in a realm or without a domain, is
// postmaster, abuse or what else the policy's check `recipient` names (RFC 5321
// 4.5.1, RFC 2142). Their mail always arrives, so that senders can report what
// is refused by mistake.
bool IsException(const Policy& policy, const std::vector<mail::Address>& forms);

// Whether one reading of the recipient is an exception, in a realm of the
// policy or without a domain. A check that rejects for what the client or the
// sender is asks this first: a sender that is refused by mistake can tell
// postmaster. False before kRcpt.
bool IsToException(const Policy& policy, const Facts& facts);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CHECKS_EXCEPTIONS_H_

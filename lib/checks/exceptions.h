// The exceptions: recipients that no check may reject, such as postmaster and
// abuse. Every check that can reject uses them. Also the forms of a recipient's
// address under which it may be an exception, or have a mailbox.

#ifndef MAILVERDICT_LIB_CHECKS_EXCEPTIONS_H_
#define MAILVERDICT_LIB_CHECKS_EXCEPTIONS_H_

#include <string>
#include <vector>

#include "lib/core/facts.h"
#include "lib/mail/address.h"
#include "lib/policy/policy.h"

namespace mailverdict {

// Returns the forms of the recipient in its realm: with its tags and without
// them (Address::TagForms). If the realm has BATV and the local part is signed,
// the forms of each mailbox in the local part follow. If `realm` is null, the
// recipient is its only form. At most kMaxTagForms of an address are returned;
// `*complete` (may be null) is set to whether these are all.
std::vector<mail::Address> FormsOf(const mail::Address& recipient,
                                   const RealmPolicy* realm,
                                   bool* complete = nullptr);

// Returns the mailboxes that the recipient may mean: the recipient itself and,
// if the realm has BATV, the mailboxes in its signed local part. The recipient
// stays, because a mailbox may have a name that looks like a signed address.
std::vector<mail::Address> CandidateMailboxes(const mail::Address& recipient,
                                              const RealmPolicy& realm);

// Returns the spellings that a directory may use for `forms`
// (Address::Spellings), none twice.
std::vector<std::string> SpellingsOf(const std::vector<mail::Address>& forms);

// Whether the realm has SRS and one of `forms` is an SRS address. Such an
// address has the original sender of a forwarded message in its local part, so
// no directory has it.
bool IsSrsAddress(const std::vector<mail::Address>& forms,
                  const RealmPolicy& realm);

// Returns the first of `forms` that is an exception (IsException), or nullptr.
const mail::Address* FindException(const Policy& policy,
                                   const std::vector<mail::Address>& forms);

// Whether one of `forms` is an exception: postmaster, abuse, or another name
// that the policy's check `recipient` has (RFC 5321 4.5.1, RFC 2142). Mail to
// exceptions always arrives, so that senders can report mail that was refused
// by mistake. REQUIRES: the recipient is in a realm or has no domain.
bool IsException(const Policy& policy, const std::vector<mail::Address>& forms);

// Whether some reading of the recipient is an exception. Only readings in a
// realm or without a domain count. A check that rejects because of the client
// or the sender asks this first, so that a sender that is refused by mistake
// can write to postmaster. False at every stage but kRcpt.
bool IsToException(const Policy& policy, const Facts& facts);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CHECKS_EXCEPTIONS_H_

// The addresses to which the MTA may deliver a recipient.
//
// An MTA does not always deliver to the address that RCPT TO has in it.
// "<nobody%example.org@gw.example.org>" goes to nobody@example.org, and
// "<joe@example.org (Joe)>" to joe@example.org. No single reading can be
// trusted, so a check looks at all of them:
//
//   the argument  Transaction::recipient, as RCPT TO had it
//   the MTA's     Transaction::resolved, when it has a domain
//   local         when the MTA resolved the recipient to a name without a
//                 domain (local delivery): that name, combined with each of our
//                 domains that the argument contains
//
// An argument without '@', '%' and '!' is a bare name and has no other reading.
// A domain that the MTA appended is ignored, because the sender did not name
// it.

#ifndef MAILVERDICT_LIB_CORE_READINGS_H_
#define MAILVERDICT_LIB_CORE_READINGS_H_

#include <optional>
#include <vector>

#include "lib/core/transaction.h"
#include "lib/mail/address.h"
#include "lib/mail/fault.h"
#include "lib/policy/policy.h"

namespace mailverdict {

// The most domains of one argument that make local readings. Further domains
// are ignored; no person writes so many into an argument.
inline constexpr size_t kMaxDomainsNamed = 8;

struct Readings {
  // The argument, parsed; the null address if it cannot be parsed (`fault`).
  mail::Address argument;
  // Each address once; the argument's first, if it can be parsed. Empty when
  // there is no reading at all.
  std::vector<mail::Address> addresses;
  // Why the argument cannot be parsed.
  std::optional<mail::Fault> fault;
  // The MTA resolved the recipient to a text that cannot be parsed, so the
  // mailbox may be one that no reading names.
  bool unclear = false;
};

// The readings of the transaction's recipient. Pure.
Readings ReadingsOf(const Policy& policy, const Transaction& transaction);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_READINGS_H_

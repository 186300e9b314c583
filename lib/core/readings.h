// How a recipient is read.
//
// An MTA does not always deliver to the address that RCPT TO has in it.
// "<nobody%example.org@gw.example.org>" goes to nobody@example.org, and
// "<joe@example.org (Joe)>" to joe@example.org. No single reading can be
// trusted, so a check looks at all of them:
//
//   the argument  Transaction::recipient, as RCPT TO had it
//   the MTA's     Transaction::resolved, when it has a domain
//   local         when the MTA resolved the recipient to a name without a
//                 domain (local delivery): that name in each domain of ours
//                 that the argument names
//
// An argument that has none of '@', '%' and '!' is a bare name. It is read as
// it is, since the domain that an MTA appends to it is not the sender's word.

#ifndef MAILVERDICT_LIB_CORE_READINGS_H_
#define MAILVERDICT_LIB_CORE_READINGS_H_

#include <optional>
#include <vector>

#include "lib/core/transaction.h"
#include "lib/mail/address.h"
#include "lib/mail/fault.h"
#include "lib/policy/policy.h"

namespace mailverdict {

// A local reading takes its domain from the argument. One of more domains than
// these was not written by a person.
inline constexpr size_t kMaxDomainsNamed = 8;

struct Readings {
  // The argument, parsed; the null address if it cannot be (`fault`).
  mail::Address argument;
  // Each address once; the argument's first, if it can be parsed. Empty when
  // there is no reading at all.
  std::vector<mail::Address> addresses;
  // Why the argument cannot be parsed.
  std::optional<mail::Fault> fault;
  // The MTA resolved the recipient to something that cannot be parsed: there
  // may be a mailbox that no reading has.
  bool unclear = false;
};

// The readings of the transaction's recipient. Pure.
Readings ReadingsOf(const Policy& policy, const Transaction& transaction);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_READINGS_H_

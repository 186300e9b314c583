// Decides whether a new version of a file of valid addresses can be believed.
// Pure.
//
// An export that fails leaves an empty or a cut file. Every address that is
// missing in it would be refused for good, although the list was the only
// evidence that the address is valid. So a version that loses many entries at
// once is doubtful, and is held.

#ifndef MAILVERDICT_LIB_POLICY_LIST_LOSS_H_
#define MAILVERDICT_LIB_POLICY_LIST_LOSS_H_

#include <cstddef>

#include "lib/mail/address_file.h"

namespace mailverdict {

// The loss between the version in force and a new version. A changed entry
// (renamed, or "joe" instead of "joe@example.org") counts as lost.
struct ListLoss {
  size_t entries = 0;  // different entries of the version in force
  size_t lost = 0;     // entries that the new version does not have
};

// Compares a new `version` with the version `in_force`.
ListLoss LossOf(const mail::AddressFile& in_force,
                const mail::AddressFile& version);

// True if all entries are lost, or more than `max_percent` of them. Small lists
// are no exception: if a list has one entry and it is replaced, all entries are
// lost. A wrong doubt costs the operator one command; a wrong belief costs
// mail. An empty list can lose nothing.
bool IsDoubtful(const ListLoss& loss, int max_percent);

// The entries of both versions. While a version is held, its new entries
// count as well: a name too many does no harm, and a missing name costs mail.
mail::AddressFile UnionOf(const mail::AddressFile& a,
                          const mail::AddressFile& b);

// The number of different entries.
size_t CountEntries(const mail::AddressFile& list);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_LIST_LOSS_H_

// Whether a new version of a file of valid addresses can be believed. Pure.
//
// An export that fails leaves an empty or a cut file. Whatever such a file no
// longer lists would be refused for good, although the list was the only proof
// that the address is valid. So a version that loses much at once is doubted.

#ifndef MAILVERDICT_LIB_POLICY_LIST_LOSS_H_
#define MAILVERDICT_LIB_POLICY_LIST_LOSS_H_

#include <cstddef>

#include "lib/mail/address_file.h"

namespace mailverdict {

// What one version of a list lacks of another. An entry that is written in
// another way (renamed, or "joe" for "joe@example.org") counts as lost.
struct ListLoss {
  size_t entries = 0;  // of the version in force, each counted once
  size_t lost = 0;     // how many of these the new version does not have
};

ListLoss LossOf(const mail::AddressFile& in_force,
                const mail::AddressFile& version);

// Everything is lost, or more than `max_percent` of it. Small lists are no
// exception: of one entry that is replaced, everything is lost. A wrong doubt
// costs the operator one command; a wrong belief costs mail. Nothing can be
// lost from a list that was empty.
bool IsDoubtful(const ListLoss& loss, int max_percent);

// The entries of both. While a version is doubted its new entries count as
// well: a name too many is the smaller evil.
mail::AddressFile UnionOf(const mail::AddressFile& a,
                          const mail::AddressFile& b);

// How many different entries it has.
size_t CountEntries(const mail::AddressFile& list);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_LIST_LOSS_H_

// Which controls go with a lookup, and whether what came back is vouched for.
// The most dangerous code there is: everything that ends in a rejection passes
// through Vouch(), so it is pure, and no resolver can do without it.

#ifndef MAILVERDICT_LIB_CORE_VOUCH_H_
#define MAILVERDICT_LIB_CORE_VOUCH_H_

#include <vector>

#include "lib/core/answer.h"
#include "lib/policy/policy.h"

namespace mailverdict {

// Is one of its spellings the address of a control?
bool AsksForAControl(const DirectoryPolicy& directory,
                     const MailboxLookup& lookup);

// The controls to ask in the same search as `lookup`, as lookups of their own:
// each an address and the arm of the filter that it is to be found through. All
// of them, unless `lookup` itself asks for one: that is left out, since finding
// its entry would not say which question found it; then its arm stays without a
// witness and the answer, if it is a no, without a proof.
std::vector<MailboxLookup> ControlsFor(const DirectoryPolicy& directory,
                                       const MailboxLookup& lookup);

// Judges what a resolver saw. The answer is borne out when
//   - it is Absent, and the directory is no proxy,
//   - every control of the directory was asked and is Present, every arm of its
//     filter has one, and
//   - all came back from the same server on the same connection in the same
//     exchange, sent before it was received.
// That is vouched for, unless the directory wants a second server (policy.h):
// then Confirm() has to follow. Any other Absent becomes Unknown, with the
// reason. Present and Unknown stay what they are: they reject nobody.
// REQUIRES: `report.lookup` is a MailboxLookup of `directory`.
Answer Vouch(const DirectoryPolicy& directory, Report report,
             const std::vector<Report>& controls);

// Two answers to one lookup that are borne out, from two servers: `first`,
// vouched for. Of anything else Unknown.
Answer Confirm(const Answer& first, const Answer& second);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_VOUCH_H_

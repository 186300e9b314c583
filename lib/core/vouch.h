// The controls of a mailbox lookup, and the judgement whether an answer is
// proven by them. Every rejection for a missing mailbox passes through Vouch(),
// so it is pure, and a resolver cannot bypass it.

#ifndef MAILVERDICT_LIB_CORE_VOUCH_H_
#define MAILVERDICT_LIB_CORE_VOUCH_H_

#include <vector>

#include "lib/core/answer.h"
#include "lib/policy/policy.h"

namespace mailverdict {

// Whether one of the lookup's spellings is the address of a control.
bool AsksForAControl(const DirectoryPolicy& directory,
                     const MailboxLookup& lookup);

// The controls to ask in the same search as `lookup`. Each is a lookup of its
// own: an address, and the arm of the filter that must find it. A control is
// left out if `lookup` asks for the same address, because either of them could
// have found the entry. The control's arm then has no control, so an absence is
// not proven.
std::vector<MailboxLookup> ControlsFor(const DirectoryPolicy& directory,
                                       const MailboxLookup& lookup);

// Judges what a resolver saw. The controls have passed when
//   - the report is Absent, and the directory is no proxy,
//   - every control of the directory was asked and is Present, and every arm of
//     its filter has one, and
//   - all reports came from the same server, connection and exchange, at the
//     same times, of which `sent` is not after `received`.
// The answer is then proven, unless the directory wants a second server
// (policy.h): Confirm() has to follow. Any other Absent becomes Unknown, with
// the reason. Present and Unknown are returned as they are, because neither can
// reject. REQUIRES: `report.lookup` is a MailboxLookup of `directory`.
Answer Vouch(const DirectoryPolicy& directory, Report report,
             const std::vector<Report>& controls);

// Returns `first` as proven if both answers are absences of the same lookup
// whose controls passed, from two servers; else Unknown.
Answer Confirm(const Answer& first, const Answer& second);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_VOUCH_H_

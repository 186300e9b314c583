// Finds out which lookup an entry answers. Several addresses and the controls
// share one search, and the entries that come back do not say which part of the
// filter found them. Pure.

#ifndef MAILVERDICT_LIB_LDAP_ATTRIBUTION_H_
#define MAILVERDICT_LIB_LDAP_ATTRIBUTION_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/core/answer.h"
#include "lib/policy/policy.h"

namespace mailverdict {

// What a directory sent in answer to one search.
struct SearchResult {
  struct Entry {
    std::string dn;
    // Attribute names are in lower case and without options (";lang-en"). Only
    // the option ";range=" is kept: it says that some of the values are
    // missing.
    std::vector<std::pair<std::string, std::vector<std::string>>> attributes;
  };
  std::vector<Entry> entries;
  std::vector<std::string> references;  // continuation references
  // Why the search failed; empty when the result code was success.
  std::string failure;
  // The search failed because it found more entries than a size limit allows.
  bool truncated = false;
  Origin origin;
};

struct Attribution {
  // One answer for each lookup. nullopt: the result does not show which of the
  // lookups an entry answers, so this lookup has to be asked again, with fewer
  // others or alone.
  std::vector<std::optional<Answer>> answers;
  // Empty if the search could prove absences; else why it could not.
  std::string trouble;
};

// Divides `result` among the lookups that were asked in one search together
// with `controls` (what ControlsFor gives for each of them).
//
// If an entry shows the values that an arm of a lookup asked for, the entry is
// a hit of that lookup. A control's entry is recognised by its DN. The entry
// must also show the value that the control searched for. The reason: if our
// bind account cannot read that attribute, the entry may have been found
// through another address of the same account. It would be counted for the
// control only, and that address would look absent. The entry must not show the
// value that a control of another arm searched for, because that arm might have
// found it.
//
// Any other entry may be a hit of any lookup, because servers also compare
// attributes that they do not show, by rules that are not known here. A
// control's entry is treated this way, too, if it has a value that a lookup
// asked for. In a search for one lookup, such an entry is a hit of that lookup.
// In a search for several lookups, an absence is accepted only if every entry
// belongs to a control and none could match a lookup (Match::kPerhaps counts as
// a match).
//
// If the directory has subtrees, an entry outside all of them is ignored. The
// controls of each subtree also show that the policy spells its DN as the
// server does.
//
// If the result code is not success, every miss is Unknown.
Attribution AssignEntries(const DirectoryPolicy& directory,
                          const std::vector<MailboxLookup>& lookups,
                          const std::vector<MailboxLookup>& controls,
                          SearchResult result);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_ATTRIBUTION_H_

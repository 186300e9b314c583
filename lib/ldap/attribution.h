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
// a hit of that lookup. A control's entry is recognised by its DN. It must show
// the value that the control was asked by. If the directory's user may not read
// that attribute, another address of the control's own account may have found
// the entry; it would be taken for the control's alone, and that address would
// look absent. It must not show the value that a control of another arm asked
// for: that arm might have found it.
//
// Any other entry may be a hit of any lookup, because servers also compare
// attributes that they do not show, by rules that are not known here. This
// includes a control's entry if a lookup asked for one of its values. If the
// search was for one lookup, such an entry is its hit. If it was for several, a
// miss counts only if the result has nothing but controls' entries, and none of
// them could match a lookup (Match::kPerhaps counts as a match).
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

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
    // Names in lower case, without options (";lang-en") but for a ";range=",
    // which says that these are not all the values.
    std::vector<std::pair<std::string, std::vector<std::string>>> attributes;
  };
  std::vector<Entry> entries;
  std::vector<std::string> references;  // continuation references
  // Why the search failed; empty when the result code was success.
  std::string failure;
  // The failure is that a size limit allows fewer entries than there are.
  bool truncated = false;
  Origin origin;
};

struct Attributed {
  // For each lookup its answer. nullopt: other lookups of the search stood in
  // the way, so it has to be asked again with fewer of them, or alone.
  std::vector<std::optional<Answer>> answers;
  // Why the search could have proven no absence; empty when it could.
  std::string trouble;
};

// Divides `result` among the lookups that were asked in one search together
// with `controls` (what ControlsFor gives for each of them).
//
// An entry that shows the values an arm of a lookup asked for is that lookup's
// hit. A control's entry is recognised by its DN. It must show the value that
// the control was asked by: if the directory's user may not read that
// attribute, the entry would be taken for the control's alone even when another
// address of the same account has found it, and that address would look absent.
// It must not show what a control of another arm asked for, since then it might
// have been found by that arm.
//
// Any other entry may have been found by any lookup, because servers compare
// attributes that they do not show, by rules that are not known here. A
// control's entry may be a hit, too, if a lookup asked for one of its values.
// So when one lookup was asked, such an entry is its hit. When several were
// asked, a miss counts only if nothing came back except controls' entries that
// no lookup claims, not even perhaps (letters that are not ASCII).
//
// An entry outside all subtrees of the directory, if it has subtrees, is
// ignored. The controls of each subtree also show that its DN is spelled as the
// server spells it.
//
// If the result code is not success, every miss is Unknown.
Attributed Attribute(const DirectoryPolicy& directory,
                     const std::vector<MailboxLookup>& lookups,
                     const std::vector<MailboxLookup>& controls,
                     SearchResult result);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_ATTRIBUTION_H_

// Who is meant by an entry: several addresses and the controls share one
// search, and what comes back is a set of entries that does not say which part
// of the filter found them. Pure.

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
  // Empty when the result code was success, else what it was.
  std::string failure;
  // The failure: there were more entries than a limit of size allows.
  bool truncated = false;
  Transcript transcript;
};

struct Attributed {
  // For each lookup its answer, or nullopt: ask it again, in better company.
  std::vector<std::optional<Answer>> answers;
  // Why the search could not have vouched for an absence; empty when it could.
  std::string trouble;
};

// Divides `result` among the lookups that were asked in one search together
// with `controls` (what ControlsFor gives for each of them).
//
// An entry whose values hold what an arm asked for is that lookup's. A control
// is recognised by its DN, must show the value it was asked by (if an attribute
// cannot be read, another address of the control's account would look like a
// miss), and must not be what a control of another arm asked for.
//
// Any other entry may be anybody's: not all that a server compares is shown, or
// compared by rules known here. Even a control's entry may have been found by
// the question of a lookup that claims it, and then says nothing of its own. So
// when one lookup was asked, either is its hit; and of several the misses count
// only if nothing came back but controls that no lookup claims, or perhaps
// claims (letters that are not ASCII).
//
// An entry in none of the directory's subtrees, if it has any, counts for
// nothing. That each of them is written as the server writes it, so that their
// people are recognised as theirs, is what the controls there show.
//
// What is not success leaves every miss Unknown.
Attributed Attribute(const DirectoryPolicy& directory,
                     const std::vector<MailboxLookup>& lookups,
                     const std::vector<MailboxLookup>& controls,
                     SearchResult result);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_ATTRIBUTION_H_

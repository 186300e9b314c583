// A list of domains to which, and from which, no mail can be meant: the
// operator's own or the one we ship (lib/checks/shipped_domains.h). Pure.
//
//   absl::StatusOr<DomainList> list = DomainList::Parse(text, "/etc/wrong");
//   list->warning();  // for the log
//   if (std::optional<ListEntry> entry = list->Find("gmail.con")) {
//     entry->suggestion();  // gmail.com
//     Proof proof(*entry);  // answer.h
//   }

#ifndef MAILVERDICT_LIB_POLICY_DOMAIN_LIST_H_
#define MAILVERDICT_LIB_POLICY_DOMAIN_LIST_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/policy/domain_patterns.h"

namespace mailverdict {

// That a domain stands in a list, and in which line: grounds for a rejection.
// Only DomainList::Find makes one. A value that outlives its list.
class ListEntry {
 public:
  // What was looked for: canonical.
  const std::string& domain() const { return domain_; }
  // What may have been meant: a canonical domain, or "" if the list has none.
  const std::string& suggestion() const { return line_->suggestion; }

  // "domain gmail.con: gmail.con in /etc/wrong line 12, there is no TLD con"
  std::string ToString() const;

 private:
  friend class DomainList;
  struct Line {
    std::string list;  // its name
    size_t number = 0;
    std::string pattern;  // a canonical domain, perhaps with "*." before it
    std::string suggestion;
    std::string why;
  };
  ListEntry(std::string domain, std::shared_ptr<const Line> line)
      : domain_(std::move(domain)), line_(std::move(line)) {}

  std::string domain_;
  std::shared_ptr<const Line> line_;
};

// Immutable and thread-safe.
class DomainList {
 public:
  // One entry a line:
  //
  //   [!] DOMAIN [= SUGGESTION] [# WHY]
  //
  // DOMAIN is a domain, or "*." and one for all names below it (but not
  // itself). One that stands for very many senders (guarded_domains.h), or
  // all below one, is an error unless a '!' is ahead of it: it is more often a
  // slip than a wish. No blank follows the '!'. SUGGESTION is a domain: "did
  // you mean SUGGESTION?". WHY is for the log. Blanks are spaces and tabs. A
  // blank line, and one that begins with
  // '#', is passed over; lines end with LF or CRLF. Of two entries for one
  // DOMAIN the first counts.
  //
  // A last line without a newline does not count, whatever is in it, and is
  // warned of: what is left of "gmail.comm" may be gmail.com.
  //
  // Anything else is an InvalidArgument error "`name`:LINE:COLUMN: what is
  // wrong; what to write instead", counted from 1, columns in bytes; it repeats
  // nothing of the file. A file is taken whole or not at all.
  static absl::StatusOr<DomainList> Parse(std::string_view text,
                                          std::string_view name);

  // The entry for exactly `domain` (canonical), else that of the nearest
  // wildcard above it.
  std::optional<ListEntry> Find(std::string_view domain) const;

  size_t size() const { return lines_.size(); }
  // As it was parsed with.
  const std::string& name() const { return name_; }
  // What deserves a word, "NAME:LINE: what; what to do"; "" if nothing does. It
  // repeats nothing of the file.
  const std::string& warning() const { return warning_; }

  // Whether they have the same entries in the same lines.
  friend bool operator==(const DomainList& a, const DomainList& b);

 private:
  DomainList() = default;

  std::string name_;
  std::string warning_;
  DomainPatterns patterns_;  // numbers of lines_
  std::vector<std::shared_ptr<const ListEntry::Line>> lines_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_DOMAIN_LIST_H_

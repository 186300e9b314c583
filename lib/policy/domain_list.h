// A list of domains that no mail can be meant for, or come from: the operator's
// own list or the one that we ship (lib/checks/shipped_domains.h). Pure.
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

// The entry of a list that matched a domain: the grounds for a rejection. Only
// DomainList::Find makes one. A value; it may outlive its list.
class ListEntry {
 public:
  // The domain that was looked up; canonical.
  const std::string& domain() const { return domain_; }
  // The domain that the sender may have meant: a canonical domain, or "" if the
  // entry has no suggestion.
  const std::string& suggestion() const { return line_->suggestion; }

  // "domain gmail.con: gmail.con in /etc/wrong line 12, there is no TLD con"
  std::string ToString() const;

 private:
  friend class DomainList;
  struct Line {
    std::string list;  // the name of the list
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
  // The text has one entry on each line:
  //
  //   [!] DOMAIN [= SUGGESTION] [# WHY]
  //
  // DOMAIN is a domain, or "*." and a domain, which stands for all names below
  // the domain but not for the domain itself. An entry for a domain that stands
  // for very many senders (guarded_domains.h), or for all names below such a
  // domain, is an error, because it is probably a mistake. A '!' directly
  // before DOMAIN allows it. SUGGESTION is a domain: "did you mean
  // SUGGESTION?". WHY is for the log. Blanks are spaces and tabs. Blank lines
  // and lines that begin with '#' are skipped. Lines end with LF or CRLF. If
  // two entries have the same DOMAIN, the first counts.
  //
  // A last line without a newline does not count, and causes a warning:
  // "gmail.com" may be the rest of "gmail.comm".
  //
  // Anything else is an InvalidArgument status "`name`:LINE:COLUMN: what is
  // wrong; what to write instead". Lines and columns (in bytes) count from 1.
  // The message repeats nothing of the file. One error rejects the whole file.
  static absl::StatusOr<DomainList> Parse(std::string_view text,
                                          std::string_view name);

  // The entry for exactly `domain` (canonical), or else the entry of the
  // nearest wildcard above it, or else nullopt.
  std::optional<ListEntry> Find(std::string_view domain) const;

  size_t size() const { return lines_.size(); }
  // The name that Parse was given.
  const std::string& name() const { return name_; }
  // A warning for the log, "NAME:LINE: what; what to do", or "". It repeats
  // nothing of the file.
  const std::string& warning() const { return warning_; }

  // Whether both lists have the same entries in the same lines.
  friend bool operator==(const DomainList& a, const DomainList& b);

 private:
  DomainList() = default;

  std::string name_;
  std::string warning_;
  DomainPatterns patterns_;  // indexes in lines_
  std::vector<std::shared_ptr<const ListEntry::Line>> lines_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_DOMAIN_LIST_H_

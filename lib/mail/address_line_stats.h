// Decides from all lines of an address file together whether it is a list of
// names or a map from names to targets, and finds the line that contradicts the
// others. Part of address_file.

#ifndef MAILVERDICT_LIB_MAIL_ADDRESS_LINE_STATS_H_
#define MAILVERDICT_LIB_MAIL_ADDRESS_LINE_STATS_H_

#include <cstddef>
#include <optional>
#include <set>
#include <string>

#include "lib/mail/address_line.h"

namespace mailverdict::mail {

// The statistics of the lines of one file. A single line can be ambiguous:
// "jane miller" is a name and its target, one name of two words, or two names.
// The other lines of the file show which. Call Note for each entry, then
// FindMisfit and first_label.
class AddressLineStats {
 public:
  // A place in the file: a line, counted from 1, and a byte offset in it.
  struct Place {
    size_t line = 0;  // 0: no place
    size_t at = 0;
  };
  struct Fault {
    size_t line = 0;
    LineFault fault;
  };

  // Counts one entry. `cut`: the line has no newline, so the text after its
  // name may be lost.
  void Note(const AddressLine& entry, size_t line, bool cut);

  // Returns the first line that, compared with the rest of the file, may hide
  // names; nullopt if there is none.
  std::optional<Fault> FindMisfit() const;
  // The first line that looks like LDIF ("mail: joe@example.org") but counts as
  // an alias, because the file also has other lines.
  Place first_label() const { return labels_ < entries_ ? label_ : Place(); }

 private:
  // The number of lines of one kind, and the place of the first.
  struct Kind {
    size_t count = 0;
    Place first;

    void Note(Place place) {
      if (count++ == 0) first = place;
    }
  };

  std::optional<Fault> FindLabels() const;
  std::optional<Fault> FindUnclear() const;
  std::optional<Fault> FindMixture() const;

  size_t entries_ = 0;
  Kind alone_;              // "name"
  Kind blank_;              // "name target"
  Kind colon_;              // "name: target"
  Kind unclear_;            // those of blank_ that may be two names
  bool cut_alone_ = false;  // the last "name" line may be cut

  // "LABEL: target" lines, where LABEL may be an LDIF attribute or the name of
  // a header field.
  size_t labels_ = 0;
  Place label_;
  std::set<std::string> label_names_;  // at most about 30
  bool label_again_ = false;           // a label occurs twice
  std::string first_name_;             // the name of the first colon_ line
  bool one_name_ = true;               // all colon_ lines have first_name_
  // The first colon_ line that repeats first_name_.
  Place name_again_;
};

}  // namespace mailverdict::mail

#endif  // MAILVERDICT_LIB_MAIL_ADDRESS_LINE_STATS_H_

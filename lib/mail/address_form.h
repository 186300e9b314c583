// Whether the lines of a file of addresses fit together: a list of names, or a
// map from names to targets. Part of address_file.

#ifndef MAILVERDICT_LIB_MAIL_ADDRESS_FORM_H_
#define MAILVERDICT_LIB_MAIL_ADDRESS_FORM_H_

#include <cstddef>
#include <optional>
#include <set>
#include <string>

#include "lib/mail/address_line.h"

namespace mailverdict::mail {

// A line by itself may be read in two ways: "jane miller" is a name and its
// target, one name of two words, or two names. The other lines of the file show
// which. Give it each entry, then ask.
class AddressForm {
 public:
  struct Place {
    size_t line = 0;  // 0: there is none
    size_t at = 0;
  };
  struct Fault {
    size_t line = 0;
    LineFault fault;
  };

  // `cut`: the line has no newline, so what followed its name may be lost.
  void Note(const AddressLine& entry, size_t line, bool cut);

  // The line that hides names, as all lines together show.
  std::optional<Fault> FindMisfit() const;
  // The line that may be one of LDIF, and is taken for an alias.
  Place label() const { return labels_ < entries_ ? label_ : Place(); }

 private:
  // How many lines there are of a kind, and the first of them.
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
  Kind unclear_;            // of blank_: those that may be two names
  bool cut_alone_ = false;  // the last line is "name", and may be cut

  size_t labels_ = 0;
  Place label_;
  std::set<std::string> label_names_;  // some thirty at most
  bool label_again_ = false;           // two have the same name
  std::string first_name_;             // of colon_, without a domain
  bool one_name_ = true;               // all of colon_ have that one
  Place name_again_;
};

}  // namespace mailverdict::mail

#endif  // MAILVERDICT_LIB_MAIL_ADDRESS_FORM_H_

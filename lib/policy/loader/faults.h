// What is wrong with a policy file, and where. Part of the loader.

#ifndef MAILVERDICT_LIB_POLICY_LOADER_FAULTS_H_
#define MAILVERDICT_LIB_POLICY_LOADER_FAULTS_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "lib/policy/loader/policy_source.h"

namespace mailverdict {

// `text` in double quotes, on one line and not too long: for use in a message.
std::string Quoted(std::string_view text);
// The same in full, for what is there to be copied.
std::string QuotedWhole(std::string_view text);

// `items` in double quotes, divided by commas; "none" for none.
std::string Listed(const std::vector<std::string>& items);

// Collects; borrows the source.
class Faults {
 public:
  Faults(std::string_view file_name, const PolicySource* source)
      : file_name_(file_name), source_(source) {}

  const PolicySource& source() const { return *source_; }
  // "line 7", for a message about another place.
  std::string Line(size_t offset) const;

  // `offset` into the source's text. The same thing said again of the same
  // place is left out.
  void Error(size_t offset, std::string_view what) {
    Add(offset, what, &errors_);
  }
  // The same for a `message` "byte N: what" about the string that the field at
  // `field` has as its value: it is reported at that byte. N + `shift` counts
  // from 0. `about` goes ahead of it.
  void ErrorInString(size_t field, std::string_view about,
                     std::string_view message, int shift);
  void Warning(size_t offset, std::string_view what) {
    Add(offset, what, &warnings_);
  }

  bool any_error() const { return !errors_.empty(); }
  // InvalidArgument with a line for each error, in the order of the file.
  absl::Status ToStatus() const;
  // In the order of the file, each "file:line:column: what".
  std::vector<std::string> Warnings() const { return Lines(warnings_); }

 private:
  struct Fault {
    size_t offset;
    std::string what;
  };

  static void Add(size_t offset, std::string_view what,
                  std::vector<Fault>* faults);
  std::vector<std::string> Lines(std::vector<Fault> faults) const;

  std::string file_name_;
  const PolicySource* source_;
  std::vector<Fault> errors_;
  std::vector<Fault> warnings_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_LOADER_FAULTS_H_

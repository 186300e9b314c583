// Collects the errors and warnings about a policy file, with their places. Part
// of the loader.

#ifndef MAILVERDICT_LIB_POLICY_LOADER_FAULTS_H_
#define MAILVERDICT_LIB_POLICY_LOADER_FAULTS_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "lib/policy/loader/policy_source.h"

namespace mailverdict {

// `text` in double quotes, for a message: escaped, so on one line, and cut if
// it is too long.
std::string Quoted(std::string_view text);
// Like Quoted, but never cut: for text that a person will copy.
std::string QuotedWhole(std::string_view text);

// `items` in double quotes, separated by commas; "none" if there are no items.
std::string QuotedList(const std::vector<std::string>& items);

// The errors and warnings of one file. Keeps a pointer to the source.
class Faults {
 public:
  Faults(std::string_view file_name, const PolicySource* source)
      : file_name_(file_name), source_(source) {}

  const PolicySource& source() const { return *source_; }
  // Returns "line 7", for a message that refers to another place.
  std::string Line(size_t offset) const;

  // Adds an error at `offset` in the source's text. A repetition of the same
  // message at the same place is dropped.
  void Error(size_t offset, std::string_view what) {
    Add(offset, what, &errors_);
  }
  // Adds an error about a byte within a string value. `message` is "byte N:
  // what" and `field` is the offset of the field that has the string as its
  // value. The error is reported at byte N + `shift` of the string, counted
  // from 0. `about` precedes the message.
  void ErrorInString(size_t field, std::string_view about,
                     std::string_view message, int shift);
  void Warning(size_t offset, std::string_view what) {
    Add(offset, what, &warnings_);
  }

  bool any_error() const { return !errors_.empty(); }
  // OK if there is no error; else InvalidArgument with one line for each error,
  // in the order of the file.
  absl::Status ToStatus() const;
  // All warnings in the order of the file, each "file:line:column: what".
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

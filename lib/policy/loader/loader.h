// From the text of a policy file to a Policy, or to an error a person can act
// on.

#ifndef MAILVERDICT_LIB_POLICY_LOADER_LOADER_H_
#define MAILVERDICT_LIB_POLICY_LOADER_LOADER_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/mail/address_file.h"
#include "lib/policy/domain_list.h"
#include "lib/policy/policy.h"

namespace mailverdict {

// Gives a file's contents. The loader itself reads nothing.
using FileReader =
    std::function<absl::StatusOr<std::string>(const std::string& path)>;

// Gives what the lists say that a policy names. An error of either says what is
// wrong and what to write instead; the loader puts the field's name and place
// ahead of it.
struct ListReaders {
  // A file of also_valid or exception_file.
  std::function<absl::StatusOr<mail::AddressFile>(const std::string& path)>
      addresses;
  // An instant_reject_file.
  std::function<absl::StatusOr<DomainList>(const std::string& path)> domains;
};

// Reads each list with `read`, which must outlive the result, and parses it.
ListReaders ParsedLists(const FileReader& read);

struct LoadedPolicy {
  Policy policy;
  // What is allowed but deserves a word, each "file:line:column: ...".
  std::vector<std::string> warnings;
};

// Strict: an unknown field, a bad value, a field given twice, a combination
// that cannot work are each an InvalidArgument error; its message has one line
// a fault, "file:line:column: what is wrong, what to write instead".
// `file_name` is used in messages only; `read` for the files that the policy
// names, all by their full path.
//
// Form comes before meaning: while anything is misspelt, only that is said.
// Columns count bytes. Every file is read here, the password's too, so that
// what would fail at the first bind is said at the start; its contents go
// nowhere.
absl::StatusOr<LoadedPolicy> LoadPolicy(std::string_view text,
                                        std::string_view file_name,
                                        const FileReader& read);

// The same, where the lists come from `lists`, and other files from `read`: a
// daemon keeps the last good version of a list in force when the file breaks.
absl::StatusOr<LoadedPolicy> LoadPolicy(std::string_view text,
                                        std::string_view file_name,
                                        const FileReader& read,
                                        const ListReaders& lists);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_LOADER_LOADER_H_

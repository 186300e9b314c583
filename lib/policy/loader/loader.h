// Loads a policy: turns the text of a policy file into a Policy, or into errors
// that a person can act on.

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

// Reads a whole file. The loader itself does no I/O.
using FileReader =
    std::function<absl::StatusOr<std::string>(const std::string& path)>;

// Readers for the list files that a policy names. An error of either says what
// is wrong and what to write instead; the loader puts the name and the place of
// the field before it.
struct ListReaders {
  // Reads an address file: also_valid or exception_file.
  std::function<absl::StatusOr<mail::AddressFile>(const std::string& path)>
      addresses;
  // Reads an instant_reject_file.
  std::function<absl::StatusOr<DomainList>(const std::string& path)> domains;
};

// Returns readers that read each list with `read` and parse it. `read` must
// outlive the result.
ListReaders ParsedLists(const FileReader& read);

struct LoadedPolicy {
  Policy policy;
  // Warnings about settings that are allowed but may be mistakes, each
  // "file:line:column: ...".
  std::vector<std::string> warnings;
};

// Loads the policy in `text`. Unknown fields, bad values, repeated fields and
// combinations that cannot work are InvalidArgument errors. The message has one
// line for each fault, "file:line:column: what is wrong, what to write
// instead". `file_name` is used in messages only. `read` reads the files that
// the policy names, by their full paths.
//
// If the syntax has errors, only these are reported and the values are not
// checked. Columns count bytes. The loader reads every file, even the password
// file, so that a fault is reported now and not at the first bind. It does not
// keep the password.
absl::StatusOr<LoadedPolicy> LoadPolicy(std::string_view text,
                                        std::string_view file_name,
                                        const FileReader& read);

// Like LoadPolicy above, but reads the lists through `lists` and only the other
// files through `read`. A daemon uses it to keep the last good version of a
// list in force when the file breaks.
absl::StatusOr<LoadedPolicy> LoadPolicy(std::string_view text,
                                        std::string_view file_name,
                                        const FileReader& read,
                                        const ListReaders& lists);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_LOADER_LOADER_H_

// Reads the text of a filter template. Part of filter_template, whose Parse
// says what is wanted.

#ifndef MAILVERDICT_LIB_POLICY_FILTER_PARSER_H_
#define MAILVERDICT_LIB_POLICY_FILTER_PARSER_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/policy/filter_template.h"

namespace mailverdict {

// One way through all the ORs of a template.
struct FilterAlternative {
  std::string filter;  // the template reduced to it
  std::string fixed;   // its items without a placeholder
  std::vector<FilterTemplate::Assertion> assertions;  // never empty
};

// Never empty. An InvalidArgument error as FilterTemplate::Parse has it.
absl::StatusOr<std::vector<FilterAlternative>> ParseAlternatives(
    std::string_view text);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_FILTER_PARSER_H_

// Parses the text of a filter template into its alternatives. Part of
// filter_template; FilterTemplate::Parse describes the syntax.

#ifndef MAILVERDICT_LIB_POLICY_FILTER_PARSER_H_
#define MAILVERDICT_LIB_POLICY_FILTER_PARSER_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/policy/filter_template.h"

namespace mailverdict {

// The template with one operand chosen for each OR.
struct FilterAlternative {
  std::string filter;  // the template with only these operands
  std::string fixed;   // the items of `filter` that contain no placeholder
  std::vector<FilterTemplate::Assertion> assertions;  // never empty
};

// Never returns an empty vector. Errors are those of FilterTemplate::Parse.
absl::StatusOr<std::vector<FilterAlternative>> ParseAlternatives(
    std::string_view text);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_FILTER_PARSER_H_

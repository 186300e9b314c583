// Parses case files. docs/cases.md describes their language.

#ifndef MAILVERDICT_LIB_CASES_CASE_READER_H_
#define MAILVERDICT_LIB_CASES_CASE_READER_H_

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lib/cases/case.h"

namespace mailverdict {

// The time of a case that does not set one.
inline const absl::Time kCaseTime =
    absl::FromCivil(absl::CivilSecond(2026, 1, 1), absl::UTCTimeZone());

// Returns all cases of a file. For a text that is not a case file, returns
// InvalidArgument "file:line: what is wrong, what to write instead".
// `file_name` is used in messages only. Pure.
absl::StatusOr<std::vector<Case>> ReadCases(std::string_view text,
                                            std::string_view file_name);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CASES_CASE_READER_H_

// Reads case files: docs/cases.md.

#ifndef MAILVERDICT_LIB_CASES_CASE_READER_H_
#define MAILVERDICT_LIB_CASES_CASE_READER_H_

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lib/cases/case.h"

namespace mailverdict {

// Of a case that does not say.
inline const absl::Time kCaseTime =
    absl::FromCivil(absl::CivilSecond(2026, 1, 1), absl::UTCTimeZone());

// All cases of a file. InvalidArgument for what is no case file; its message is
// "file:line: what is wrong, what to write instead". `file_name` is used in
// messages only. Pure.
absl::StatusOr<std::vector<Case>> ReadCases(std::string_view text,
                                            std::string_view file_name);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CASES_CASE_READER_H_

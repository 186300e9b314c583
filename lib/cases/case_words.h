// The words within a line of a case file. Each takes what comes next; what is
// wrong, it says in a CaseComplaint. Pure.

#ifndef MAILVERDICT_LIB_CASES_CASE_WORDS_H_
#define MAILVERDICT_LIB_CASES_CASE_WORDS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/cases/case.h"
#include "lib/mail/cursor.h"

namespace mailverdict {

// What is wrong with a line, and what to write; nullopt: nothing.
using CaseComplaint = std::optional<std::string>;

// Without the blanks at its ends.
std::string_view Trimmed(std::string_view line);

// Up to the next blank; empty at the end.
std::string_view TakeWord(mail::Cursor& in);
std::string TakeRest(mail::Cursor& in);
CaseComplaint NothingMore(mail::Cursor& in);

// Words, and texts in quotes, with \" \\ and \x7f in them.
CaseComplaint TakeValues(mail::Cursor& in, std::vector<std::string>* values);

// name | data, then [by ZONE] [alias of NAME]; of what is no DNS, nothing.
CaseComplaint TakeAbsence(mail::Cursor& in, GivenAnswer* answer);

// What follows `but`.
CaseComplaint TakeBut(mail::Cursor& in, But* but);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CASES_CASE_WORDS_H_

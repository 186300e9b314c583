// Parses the words within one line of a case file. Each function reads what
// comes next in the line and returns what is wrong with it, if anything. Pure.

#ifndef MAILVERDICT_LIB_CASES_CASE_WORDS_H_
#define MAILVERDICT_LIB_CASES_CASE_WORDS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/cases/case.h"
#include "lib/mail/cursor.h"

namespace mailverdict {

// A fault of a line, with the text to write instead; nullopt if the line is
// good.
using CaseComplaint = std::optional<std::string>;

// The line without blanks at its ends, and without a final CR.
std::string_view Trimmed(std::string_view line);

// Skips blanks and reads up to the next blank; empty at the end.
std::string_view TakeWord(mail::Cursor& in);
// Skips blanks and reads the rest of the line.
std::string TakeRest(mail::Cursor& in);
// Complains if the line is not at its end.
CaseComplaint NothingMore(mail::Cursor& in);

// Reads all values to the end of the line: words, and texts in quotes. A text
// in quotes may contain \" \\ and \x7f.
CaseComplaint TakeValues(mail::Cursor& in, std::vector<std::string>* values);

// Reads what follows `absent`: for DNS, "name" or "data", then [by ZONE] [alias
// of NAME]; for other lookups, nothing.
CaseComplaint TakeAbsence(mail::Cursor& in, GivenAnswer* answer);

// Reads what follows `but`.
CaseComplaint TakeDeviation(mail::Cursor& in, Deviation* deviation);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CASES_CASE_WORDS_H_

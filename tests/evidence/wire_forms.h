// What becomes of a verdict behind each adapter, as the program that reads it
// does: written from sendmail's rules, Postfix's and libmilter's documents and
// mailverdict-deliver's own reader, not from the table that writes it.

#ifndef MAILVERDICT_TESTS_EVIDENCE_WIRE_FORMS_H_
#define MAILVERDICT_TESTS_EVIDENCE_WIRE_FORMS_H_

#include <string>

#include "lib/core/verdict.h"

namespace mailverdict {

// What is wrong with one of its wire forms: a 5xx that is no rejection, a
// rejection that is none, a class that differs between code and enhanced
// status, a text that would be misread. Empty if nothing is.
std::string WireObjection(const Verdict& verdict);

}  // namespace mailverdict

#endif  // MAILVERDICT_TESTS_EVIDENCE_WIRE_FORMS_H_

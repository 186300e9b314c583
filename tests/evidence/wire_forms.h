// Checks what each adapter makes of a verdict, as the program that reads the
// reply understands it. The readers here are written from the rules of
// sendmail, the documents of Postfix and libmilter, and the reader of
// mailverdict-deliver; they do not use the table that writes the replies.

#ifndef MAILVERDICT_TESTS_EVIDENCE_WIRE_FORMS_H_
#define MAILVERDICT_TESTS_EVIDENCE_WIRE_FORMS_H_

#include <string>

#include "lib/core/verdict.h"

namespace mailverdict {

// Returns what is wrong with a wire form of the verdict: a 5xx that is no
// rejection, a rejection without a 5xx, different classes of code and enhanced
// status, or a text that would be misread. "" if all are right.
std::string WireObjection(const Verdict& verdict);

}  // namespace mailverdict

#endif  // MAILVERDICT_TESTS_EVIDENCE_WIRE_FORMS_H_

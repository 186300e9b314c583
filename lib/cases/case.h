// A case: a situation and the verdict that a policy must give in it.
// docs/cases.md describes the language, case_reader.h parses it, run_case.h
// runs it.

#ifndef MAILVERDICT_LIB_CASES_CASE_H_
#define MAILVERDICT_LIB_CASES_CASE_H_

#include <optional>
#include <string>
#include <vector>

#include "lib/core/answer.h"
#include "lib/core/transaction.h"
#include "lib/policy/overrides.h"

namespace mailverdict {

// A deviation, written `but SUBJECT ...`: a control or the second server does
// not behave as it should.
struct Deviation {
  // What the subject does instead.
  enum class Kind {
    kPresent,
    kAbsent,
    kUnknown,
    kAnotherServer,
    kAnotherConnection,
    kAnotherExchange,
    // The control was asked before the answer arrived, so it proves nothing
    // about that answer.
    kAnotherTime,
    kFromCache,  // DNS: its TTL is not 0
    kNotAsked,
  };

  // Subjects with a special meaning. Any other subject is the address of a
  // control, the name of a DNS control, or a domain above that name.
  static constexpr char kAllControls[] = "controls";
  static constexpr char kSecondServer[] = "second-server";

  size_t line = 0;
  std::string subject;
  Kind kind = Kind::kAbsent;
  std::vector<std::string> values;  // kPresent
  std::string reason;               // kUnknown
};

// A lookup and its answer: `asked LOOKUP` and the line below it. Without a
// Deviation, every control of the lookup behaves as it should, and a second
// server gives the same answer.
struct GivenAnswer {
  size_t line = 0;
  std::string lookup;  // in the form of ToString(Lookup)
  std::optional<AnswerState> state;
  std::vector<std::string> values;     // present
  std::string reason;                  // unknown
  Absence absence = Absence::kNoName;  // absent, of DNS
  std::string zone;                    // absent, of DNS; "": parent domain
  std::string alias_target;            // of DNS: the target of the CNAME
  std::vector<Deviation> deviations;
};

// One step of a case: what has happened up to a `verdict` line, and the
// expected verdict.
struct CaseStep {
  size_t line = 0;  // of the `verdict` line
  Transaction transaction;
  Overrides overrides;
  std::vector<GivenAnswer> given;
  // In the form of Verdict::Line(). The reply's text may be left out, and so
  // may the part in brackets: "recipient reject 550 5.1.1".
  std::string verdict;
  // In the form of ToString(Observation), in order. nullopt: the case does not
  // say what is remembered.
  std::optional<std::vector<std::string>> remembered;
};

// A case is a sequence of steps that share one history. Each step starts from
// the state that the step before left.
struct Case {
  size_t line = 0;
  std::string name;
  // The policy's file, as the case file writes it; "" if the case file names
  // none.
  std::string policy;
  std::vector<CaseStep> steps;  // never empty
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CASES_CASE_H_

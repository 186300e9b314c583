// A case: what a policy has to say in a situation that is written down.
// docs/cases.md is its language; case_reader.h reads it, run_case.h tries it.

#ifndef MAILVERDICT_LIB_CASES_CASE_H_
#define MAILVERDICT_LIB_CASES_CASE_H_

#include <optional>
#include <string>
#include <vector>

#include "lib/core/answer.h"
#include "lib/core/transaction.h"
#include "lib/policy/overrides.h"

namespace mailverdict {

// `but SUBJECT ...`: a control, or the second server, is not as it should be.
struct But {
  enum class Says {
    kPresent,
    kAbsent,
    kUnknown,
    kAnotherServer,
    kAnotherConnection,
    kAnotherExchange,
    kAnotherTime,  // before the answer was sent
    kFromCache,    // DNS: with a TTL
    kNotAsked,
  };

  // Besides the address of a control, or its name in DNS or a domain above it.
  static constexpr char kAllControls[] = "controls";
  static constexpr char kSecondServer[] = "second-server";

  size_t line = 0;
  std::string subject;
  Says says = Says::kAbsent;
  std::vector<std::string> values;  // kPresent
  std::string reason;               // kUnknown
};

// `asked LOOKUP`, and below it the answer. Without a But each control that goes
// with it is as it should be, and a second server says the same.
struct GivenAnswer {
  size_t line = 0;
  std::string lookup;  // as ToString() has it
  std::optional<AnswerState> state;
  std::vector<std::string> values;     // present
  std::string reason;                  // unknown
  Absence absence = Absence::kNoName;  // absent, of DNS
  std::string zone;                    // absent, of DNS; "": the parent domain
  std::string alias_target;                // of DNS
  std::vector<But> buts;
};

// One verdict of a case.
struct CaseStep {
  size_t line = 0;  // of `verdict`
  Transaction transaction;
  Overrides overrides;
  std::vector<GivenAnswer> given;
  // As Verdict::Line() has it. The reply's text may be left out, and so may
  // what stands in brackets: "recipient reject 550 5.1.1".
  std::string verdict;
  // As ToString(Observation) has them, in their order; nullopt: whatever.
  std::optional<std::vector<std::string>> remembered;
};

struct Case {
  size_t line = 0;
  std::string name;
  // The policy's file, as the case file writes it; "": it does not say.
  std::string policy;
  std::vector<CaseStep> steps;  // never none
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CASES_CASE_H_

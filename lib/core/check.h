// A Check is one rule of the chain: a pure function of a transaction's Facts
// and the Evidence. It asks through an Inquiry. While an answer is missing it
// returns Finding::Pending(), and it is called again, from the start, when more
// answers are known.

#ifndef MAILVERDICT_LIB_CORE_CHECK_H_
#define MAILVERDICT_LIB_CORE_CHECK_H_

#include <optional>
#include <utility>
#include <vector>

#include "lib/core/evidence.h"
#include "lib/core/facts.h"
#include "lib/core/fixed_text.h"
#include "lib/core/transaction.h"
#include "lib/core/verdict.h"
#include "lib/policy/policy.h"

namespace mailverdict {

// The result of a check: a Verdict, or that it needs more answers.
class Finding {
 public:
  Finding(Verdict verdict)
      : verdict_(std::move(verdict)) {}  // NOLINT: by design
  static Finding Pending() { return Finding(); }

  bool pending() const { return !verdict_.has_value(); }
  Verdict& verdict() { return *verdict_; }

 private:
  Finding() = default;
  std::optional<Verdict> verdict_;
};

// A check's view of the evidence. It records the questions. The answers go into
// the trace. Lookups without an answer are what the verdict still needs, or, if
// the check has decided without them, what a later stage will need
// (Verdict::prefetch).
class Inquiry {
 public:
  explicit Inquiry(const Evidence& evidence) : evidence_(evidence) {}

  // The answer, or nullptr when there is none yet. Lives as long as the
  // evidence. Asking twice is recorded once.
  const Answer* Ask(Lookup lookup);

  std::vector<Answer>& answers() { return answers_; }
  std::vector<Lookup>& missing() { return missing_; }

 private:
  const Evidence& evidence_;
  std::vector<Answer> answers_;
  std::vector<Lookup> missing_;
};

// Immutable once built; thread-safe.
class Check {
 public:
  // `options` are those of this check in `policy`. The one place where the
  // policy's shadow and the check's meet.
  Check(const Policy& policy, const CheckOptions& options)
      : shadow_(policy.shadow || options.shadow),
        when_unsure_(options.when_unsure) {}
  virtual ~Check() = default;
  Check(const Check&) = delete;
  Check& operator=(const Check&) = delete;

  // As the Policy, logs and documents write it.
  virtual FixedText name() const = 0;
  // The stage at which all facts that it reads are known. It runs at no other.
  virtual Stage stage() const = 0;
  // What it reads of a transaction: an adapter need not learn the rest.
  virtual FactSet reads() const = 0;
  virtual Scope scope() const = 0;
  // Pure: same arguments, same Finding, same questions in the same order. More
  // evidence never takes a Finding back.
  virtual Finding Examine(const Facts& facts, Inquiry& ask) const = 0;

  // Whether its verdict is logged only, and the mail passes.
  bool shadow() const { return shadow_; }

 protected:
  // The verdict of a check that does not know: `reply`, or a pass if the
  // policy has when_unsure: PASS for it.
  Verdict Unsure(DeferReply reply, FixedText why) const {
    if (when_unsure_ == WhenUnsure::kPass) return Verdict::Pass(why);
    return Verdict::Defer(reply, why);
  }

 private:
  const bool shadow_;
  const WhenUnsure when_unsure_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_CHECK_H_

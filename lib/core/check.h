// A Check is one rule of the chain: a pure function of a transaction's Facts
// and the Evidence. It gets answers through an Inquiry. If an answer is
// missing, it returns Finding::Pending(). When more answers are known, it is
// called again and starts over.

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

// The result of a check: a Verdict, or Pending() if it needs more answers.
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

// A check's access to the evidence. It records each lookup that the check asks
// for. The answers go into the trace. If the check is pending, its lookups
// without an answer are what the verdict still needs. If the check has decided
// without them, they are what a later stage will need (Verdict::prefetch).
class Inquiry {
 public:
  explicit Inquiry(const Evidence& evidence) : evidence_(evidence) {}

  // Returns the answer to `lookup`, or nullptr if there is none yet. The
  // pointer is valid until the evidence changes. A lookup that is asked for
  // twice is recorded once.
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
  // `options` are the options of this check in `policy`. The check is in shadow
  // if its options or the whole policy say so.
  Check(const Policy& policy, const CheckOptions& options)
      : shadow_(policy.shadow || options.shadow),
        when_unsure_(options.when_unsure) {}
  virtual ~Check() = default;
  Check(const Check&) = delete;
  Check& operator=(const Check&) = delete;

  // The name of the check in the policy, in logs and in documents.
  virtual FixedText name() const = 0;
  // The only stage at which the check runs. All facts that it reads are known
  // at this stage.
  virtual Stage stage() const = 0;
  // The facts that the check reads. An adapter need not learn any others.
  virtual FactSet reads() const = 0;
  virtual Scope scope() const = 0;
  // Pure: the same arguments give the same Finding and the same lookups in the
  // same order. Once a Finding is a verdict, more evidence does not change it.
  virtual Finding Examine(const Facts& facts, Inquiry& ask) const = 0;

  // If true, the verdict of the check is only logged, and the chain goes on.
  bool shadow() const { return shadow_; }

 protected:
  // The verdict of a check that cannot decide: a deferral with `reply`, or a
  // pass if the policy says when_unsure: PASS for this check.
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

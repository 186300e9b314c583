// Whether "user unknown" may stand. The one rule of the wrapper, the proxy and
// the map:
//
//   UnknownRule rule(UnknownPolicy::kUnlessProven, std::move(proofs),
//                    absl::Seconds(5), "example.org");
//   const Ruling ruling = rule.Judge("jane@example.org");
//   if (ruling.existence == Existence::kProvenAbsent) ...  // it may stand
//
// A mailbox host that says "user unknown" may have lost its directory. So the
// bounce stands only when every proof says that the absence is proven; one
// that says so of an empty cache is none.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_USERS_UNKNOWN_RULE_H_
#define MAILVERDICT_ADAPTERS_DELIVER_USERS_UNKNOWN_RULE_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "lib/loop/deadline.h"

namespace mailverdict::deliver {

enum class Existence {
  kProvenAbsent,
  kPresent,  // it exists, or the daemon's policy lets it pass for another
             // reason
  kUnsure,   // all the rest: nobody to ask, no answer, no proof
};

// `why` ends a log line: who said what, and what to do. Without control
// characters.
struct Ruling {
  Existence existence = Existence::kUnsure;
  std::string why;
};

// A source that can prove an absence. Thread-safe.
class ProofSource {
 public:
  virtual ~ProofSource() = default;
  // May block until `deadline`, and not longer.
  virtual Ruling Ask(std::string_view recipient, Deadline deadline) const = 0;
};

enum class UnknownPolicy {
  kUnlessProven,
  kAlwaysDefer,  // no absence counts as proven; presence still counts
};

// Thread-safe.
class UnknownRule {
 public:
  // Without proofs nothing is ever proven. `timeout` is for all of them.
  // `domain` completes recipients that have none; it may be empty.
  UnknownRule(UnknownPolicy policy,
              std::vector<std::unique_ptr<ProofSource>> proofs,
              absl::Duration timeout, std::string domain = "");

  // Blocks for `timeout` at most, whatever the proofs do. The recipient is an
  // address without angle brackets, from anywhere; one that is empty, longer
  // than 1024 bytes or has a control character is kUnsure unasked.
  Ruling Judge(std::string_view recipient) const;

 private:
  Ruling AskAll(std::string_view recipient) const;

  const UnknownPolicy policy_;
  const std::vector<std::unique_ptr<ProofSource>> proofs_;
  const absl::Duration timeout_;
  const std::string domain_;
};

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_USERS_UNKNOWN_RULE_H_

// The rule that decides whether a "user unknown" may stand, or becomes "try
// again later". The wrapper, the proxy and the map all use it.
//
//   UnknownUserRule rule(UnknownPolicy::kUnlessProven, std::move(proofs),
//                    absl::Seconds(5), "example.org");
//   const Ruling ruling = rule.Judge("jane@example.org");
//   if (ruling.existence == Existence::kProvenAbsent) ...  // it may stand
//
// A mailbox host that says "user unknown" may have lost its directory. So "user
// unknown" stands only if every proof source says that the absence is proven.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_USERS_UNKNOWN_USER_RULE_H_
#define MAILVERDICT_ADAPTERS_DELIVER_USERS_UNKNOWN_USER_RULE_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "lib/loop/deadline.h"

namespace mailverdict::deliver {

enum class Existence {
  kProvenAbsent,
  kPresent,  // the user exists, or the daemon's policy accepts the address for
             // another reason
  kUnsure,   // everything else: no source, no answer, no proof
};

// An answer with its reason. `why` is the end of a log line: it says which
// source said what, and what to do. It has no control characters.
struct Ruling {
  Existence existence = Existence::kUnsure;
  std::string why;
};

// A source that can prove an absence. Thread-safe.
class ProofSource {
 public:
  virtual ~ProofSource() = default;
  // Asks about one recipient. Must not reuse an earlier answer, since users
  // come and go. Blocks until `deadline` at most.
  virtual Ruling Ask(std::string_view recipient, Deadline deadline) const = 0;
};

enum class UnknownPolicy {
  kUnlessProven,
  kAlwaysDefer,  // no absence counts as proven; presence still counts
};

// Thread-safe.
class UnknownUserRule {
 public:
  // Without `proofs` nothing is ever proven. `timeout` is for all of them
  // together. `domain` is added to recipients that have none; it may be empty.
  UnknownUserRule(UnknownPolicy policy,
                  std::vector<std::unique_ptr<ProofSource>> proofs,
                  absl::Duration timeout, std::string domain = "");

  // Asks the sources, and blocks for `timeout` at most. `recipient` is an
  // address without angle brackets, and untrusted. If it is empty, has more
  // than 1024 bytes or a control character, returns kUnsure without asking a
  // source.
  Ruling Judge(std::string_view recipient) const;

 private:
  Ruling AskAll(std::string_view recipient) const;

  const UnknownPolicy policy_;
  const std::vector<std::unique_ptr<ProofSource>> proofs_;
  const absl::Duration timeout_;
  const std::string domain_;
};

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_USERS_UNKNOWN_USER_RULE_H_

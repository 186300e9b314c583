// A Verdict is what is to become of a recipient or a message: pass, defer (4xx)
// or reject (5xx). It carries its reply, the check that decided, the Proof of a
// rejection and the trace of all that was asked, and can print them.
//
//   Verdict v = ...;                       // from Evaluate(), chain.h
//   if (v.disposition() == Disposition::kReject) Send(v.reply());
//   log << v.Line();    // recipient reject 550 5.1.1 User unknown
//   out << v.Tree();    // what was asked, what came back, what vouches for it
//
// Verdict::Reject() is the only maker of a rejection, and it takes a Proof,
// which only an answer that controls vouch for can give, a line of a list, or
// the message itself: see answer.h.

#ifndef MAILVERDICT_LIB_CORE_VERDICT_H_
#define MAILVERDICT_LIB_CORE_VERDICT_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "lib/core/answer.h"
#include "lib/core/fixed_text.h"
#include "lib/core/reply.h"
#include "lib/core/transaction.h"

namespace mailverdict {

enum class Disposition { kPass, kDefer, kReject };

// Whom a verdict holds for: this recipient, or every recipient of the message.
enum class Scope { kRecipient, kMessage };

// Something to remember. Checks do not write: an adapter writes what a verdict
// that was really given returns (History::Write, history.h), so that explaining
// or evaluating twice changes nothing.
struct Observation {
  enum class Kind {
    kPresent,  // the mailbox was there
    kMissed,   // the mailbox, once seen, was proven absent, and is doubted
    kGone,     // it was missing for so long that it is gone: forget it
  };
  Kind kind = Kind::kPresent;
  // The mailbox (kMailboxSeen), or a domain (kMissingDomain): kMissed when it
  // is proven that there is none, kPresent when there is.
  HistoryLookup about;
  absl::Time when;
  // kMissed of a domain: by which message, so that its attempts count as one.
  std::string message{};
};

class Verdict {
 public:
  // One check's part in a verdict.
  struct Step {
    FixedText check;  // its name
    Disposition found = Disposition::kPass;
    Reply reply;                  // of a deferral or rejection
    FixedText why;                // for people
    bool shadow = false;          // said to the log only; the chain went on
    std::vector<Answer> answers;  // what it asked, in order
    std::optional<Proof> proof;   // of a rejection
  };

  // `why` is for people.
  static Verdict Pass(FixedText why = "");
  static Verdict Defer(DeferReply reply, FixedText why = "");
  static Verdict Reject(RejectReply reply, Proof proof, FixedText why = "");

  // The same deferral or rejection, whose reply goes on with `more`: any bytes,
  // of which it keeps what is harmless (reply.h). A pass stays as it is.
  Verdict WithText(std::string_view more) &&;

  // The same verdict, with something to remember when it is given.
  Verdict WithObservation(Observation observation) &&;
  Verdict WithObservation(Observation::Kind kind,
                 const std::vector<HistoryLookup>& about, absl::Time when) &&;

  Disposition disposition() const { return disposition_; }
  const Reply& reply() const { return reply_; }
  FixedText why() const { return why_; }
  // Of a rejection, always; else empty.
  const std::optional<Proof>& proof() const { return proof_; }
  const std::vector<Observation>& observations() const { return observations_; }

  // Lookups that a later stage will want: to be asked now by who can, and
  // waited for by nobody. Filled in by Evaluate.
  const std::vector<Lookup>& prefetch() const { return prefetch_; }

  // Filled in by Evaluate: the check that decided ("" when all passed), at
  // which stage and for whom, and the steps of all checks that ran.
  FixedText check() const { return check_; }
  Stage stage() const { return stage_; }
  Scope scope() const { return scope_; }
  const std::vector<Step>& steps() const { return steps_; }

  // For a log: "recipient reject 550 5.1.1 User unknown", and behind it in
  // brackets why, and what checks in shadow would have said. One line, as is
  // each of Tree(): what servers said is escaped (lib/mail/escape.h).
  std::string Line() const;
  // For a person: the line, and below it each check, what it asked, what came
  // back from which server, what vouches for it. Lines end in '\n'.
  std::string Tree() const;

 private:
  friend class Deliberation;  // Evaluate's working part, chain.cc

  Disposition disposition_ = Disposition::kPass;
  Reply reply_;
  FixedText why_;
  std::optional<Proof> proof_;
  std::vector<Observation> observations_;
  std::vector<Lookup> prefetch_;
  FixedText check_;
  Stage stage_ = Stage::kConnect;
  Scope scope_ = Scope::kRecipient;
  std::vector<Step> steps_;
};

// "present history people:joe@example.org", "missed missing domain
// example.org".
std::string ToString(const Observation& observation);

// "pass", "defer", "reject".
std::string_view ToString(Disposition disposition);

// "550 5.1.1 User unknown"; "pass" has no reply.
std::string ToString(const Reply& reply);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_VERDICT_H_

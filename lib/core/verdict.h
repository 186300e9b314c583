// A Verdict says whether a recipient or a message passes, is deferred (4xx) or
// is rejected (5xx). It carries the reply, the check that decided, the Proof of
// a rejection and the trace of all questions, and can print them.
//
//   Verdict v = ...;                       // from Evaluate(), chain.h
//   if (v.disposition() == Disposition::kReject) Send(v.reply());
//   log << v.Line();    // recipient reject 550 5.1.1 User unknown
//   out << v.Tree();    // what was asked, what came back, what vouches for it
//
// Only Verdict::Reject() makes a rejection, and it takes a Proof (answer.h). A
// Proof comes from an answer that controls have proven, from a line of a list,
// or from the message itself.

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

// What a verdict is about: one recipient, or every recipient of the message.
enum class Scope { kRecipient, kMessage };

// Something for the history to remember. Checks do not write it: the
// observations of a verdict are written when the verdict is given
// (History::Write, history.h). So explaining or evaluating twice changes
// nothing.
struct Observation {
  enum class Kind {
    kPresent,  // the mailbox exists
    kMissed,   // the mailbox was seen earlier, and is absent, for no longer
               // than the grace period
    kGone,     // the mailbox was seen earlier, and has been absent for longer
               // than the grace period: the history forgets it
  };
  Kind kind = Kind::kPresent;
  // The mailbox (kMailboxSeen) or the domain (kMissingDomain). For a domain,
  // kMissed means that it is proven missing, and kPresent that it exists.
  HistoryLookup about;
  absl::Time when;
  // kMissed of a domain: identifies the message. All attempts of one message
  // have the same text, so that they count once.
  std::string message{};
};

class Verdict {
 public:
  // What one check contributed to the verdict.
  struct Step {
    FixedText check;  // its name
    Disposition found = Disposition::kPass;
    Reply reply;                  // of a deferral or rejection
    FixedText why;                // for people
    bool shadow = false;          // logged only; the chain went on
    std::vector<Answer> answers;  // what it asked, in order
    std::optional<Proof> proof;   // of a rejection
  };

  // `why` is for people.
  static Verdict Pass(FixedText why = "");
  static Verdict Defer(DeferReply reply, FixedText why = "");
  static Verdict Reject(RejectReply reply, Proof proof, FixedText why = "");

  // Appends `more` to the text of the reply, and makes the text harmless
  // (HarmlessText). Does nothing to a pass.
  Verdict WithText(std::string_view more) &&;

  // Adds something to remember when the verdict is given.
  Verdict WithObservation(Observation observation) &&;
  Verdict WithObservation(Observation::Kind kind,
                          const std::vector<HistoryLookup>& about,
                          absl::Time when) &&;

  Disposition disposition() const { return disposition_; }
  const Reply& reply() const { return reply_; }
  FixedText why() const { return why_; }
  // Set for every rejection and for nothing else.
  const std::optional<Proof>& proof() const { return proof_; }
  const std::vector<Observation>& observations() const { return observations_; }

  // Lookups that a later stage will need. A driver may start them now; nothing
  // waits for them. Filled in by Evaluate.
  const std::vector<Lookup>& prefetch() const { return prefetch_; }

  // Filled in by Evaluate: the check that decided ("" when all passed), its
  // stage and scope, and the steps of all checks that ran.
  FixedText check() const { return check_; }
  Stage stage() const { return stage_; }
  Scope scope() const { return scope_; }
  const std::vector<Step>& steps() const { return steps_; }

  // One line for a log: "recipient reject 550 5.1.1 User unknown". In brackets
  // follow the reason, what checks in shadow would have said, and the reasons
  // of Unknown answers. Text from servers is escaped
  // (lib/mail/escape.h), here and in Tree(), so that it cannot begin a line.
  std::string Line() const;
  // Several lines for a person: Line(), and below it each check with its
  // lookups and their answers: from which server, and which controls vouch for
  // them. Each line ends in '\n'.
  std::string Tree() const;

 private:
  friend class Deliberation;  // does the work of Evaluate (chain.cc)

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

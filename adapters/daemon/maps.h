// The maps of a socket map listener: what each asks, and in which words it is
// answered.
//
//   rcpt            sendmail's, as mailverdict.m4 builds its key
//   mail            the same for senders
//   client          the same at connect: what will be asked is asked early
//   postfix         a Postfix table of recipients
//   postfix-sender  a Postfix access(5) table of senders
//   absence         mailverdict-deliver's: may "user unknown" stand?
//   explain         for people: the whole of a verdict; nothing is remembered
//   explain-sender  the same for senders
//   ping            OK pong

#ifndef MAILVERDICT_ADAPTERS_DAEMON_MAPS_H_
#define MAILVERDICT_ADAPTERS_DAEMON_MAPS_H_

#include <functional>
#include <string_view>

#include "adapters/socketmap/server.h"
#include "lib/core/transaction.h"
#include "lib/core/verdict.h"

namespace mailverdict {

using Judged = std::function<void(const Verdict&)>;

// What a daemon does with a transaction. Loop's thread only.
class Judging {
 public:
  virtual ~Judging() = default;
  // The verdict, if it is at hand (Engine::Recall), and logs it; or nullptr,
  // and `asked` is to be judged. It is there until this is used again.
  virtual const Verdict* Recall(const TransactionView& asked) = 0;
  // Calls `done` once, and logs the verdict.
  virtual void Judge(Transaction asked, Judged done) = 0;
  // The same for a person: nothing is remembered or logged.
  virtual void Explain(Transaction asked, Judged done) = 0;
  // Logs a verdict that was given without either.
  virtual void Log(const Transaction& tx, const Verdict& verdict) = 0;
};

// Answers one request of any of the maps; one for no map with TEMP.
void AnswerMap(Judging* judging, const socketmap::Request& request,
               const socketmap::Reply& reply);

// The maps explain (kRcpt) and explain-sender (kMail) alone, for listeners that
// have others beside them. The key is an address, or as sendmail's for `rcpt`
// and `mail`.
void AnswerExplain(Judging* judging, std::string_view key, Stage stage,
                   const socketmap::Reply& reply);

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_DAEMON_MAPS_H_

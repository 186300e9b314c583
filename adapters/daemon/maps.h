// The maps that a socketmap listener has. adapters/wire/wire.h has the words in
// which each is answered.
//
//   rcpt            a recipient, for sendmail; mailverdict.m4 builds the key
//   mail            a sender, for sendmail
//   client          a client at connect, for sendmail: starts the lookups that
//                   RCPT will need
//   postfix         a recipient, for a Postfix table
//   postfix-sender  a sender, for a Postfix access(5) table
//   absence         whether a recipient is proven absent, for
//                   mailverdict-deliver
//   explain         the whole verdict on a recipient, for people; nothing is
//                   remembered
//   explain-sender  the same on a sender
//   ping            answers OK pong

#ifndef MAILVERDICT_ADAPTERS_DAEMON_MAPS_H_
#define MAILVERDICT_ADAPTERS_DAEMON_MAPS_H_

#include <functional>
#include <string_view>

#include "adapters/socketmap/server.h"
#include "lib/core/transaction.h"
#include "lib/core/verdict.h"

namespace mailverdict {

// The interface by which every adapter of the daemon gets its verdicts. Loop's
// thread only.
class VerdictService {
 public:
  using Done = std::function<void(const Verdict&)>;
  using StillWaiting = std::function<bool()>;

  virtual ~VerdictService() = default;

  // Judges a transaction. When there is a verdict, calls `still_waiting`. If
  // that returns true, stores the verdict's observations in the history, calls
  // `done`, and logs the verdict. If it returns false, the client has gone or
  // was told 451, and the verdict is dropped. See Engine::Judge.
  virtual void Judge(Transaction asked, Done done,
                     StillWaiting still_waiting) = 0;
  // Judges without remembering or logging anything. Calls `done` once.
  virtual void Explain(Transaction asked, Done done) = 0;
  // Logs a verdict that an adapter gave by itself, for a request that it could
  // not read.
  virtual void Log(const Transaction& asked, const Verdict& verdict) = 0;
};

// Answers one request of any of the maps. Answers TEMP if there is no such map.
void AnswerMapRequest(VerdictService* service,
                      const socketmap::Request& request,
                      const socketmap::Responder& reply);

// Answers the maps explain (kRcpt) and explain-sender (kMail), which the admin
// listener has, too. `key` is an address, or a key of sendmail's map `rcpt` or
// `mail`.
void AnswerExplain(VerdictService* service, std::string_view key, Stage stage,
                   const socketmap::Responder& reply);

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_DAEMON_MAPS_H_

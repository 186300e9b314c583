// The maps of a socket map listener: what each looks up, and in which words it
// is answered (adapters/wire has the words).
//
//   rcpt            sendmail's recipients; mailverdict.m4 builds the key
//   mail            the same for senders
//   client          the same at connect: starts lookups that RCPT will need
//   postfix         a Postfix table of recipients
//   postfix-sender  a Postfix access(5) table of senders
//   absence         mailverdict-deliver's: may "user unknown" stand?
//   explain         for people: the whole verdict; nothing is remembered
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

// The one way from a request of any adapter to its verdict. Loop's thread only.
class VerdictService {
 public:
  using Done = std::function<void(const Verdict&)>;
  using StillWaiting = std::function<bool()>;

  virtual ~VerdictService() = default;

  // Judges. When there is a verdict, calls `still_waiting`; if that says true,
  // has remembered what the verdict wants remembered, calls `done`, and logs
  // the verdict as given. Otherwise the client has gone, or was told 451, and
  // the verdict is dropped. See Engine::Judge.
  virtual void Judge(Transaction asked, Done done,
                     StillWaiting still_waiting) = 0;
  // Judges for a person: nothing is remembered or logged. Calls `done` once.
  virtual void Explain(Transaction asked, Done done) = 0;
  // Logs a verdict that an adapter gave by itself, for a request that it could
  // not read.
  virtual void Log(const Transaction& asked, const Verdict& verdict) = 0;
};

// Answers one request of any of the maps. A name that is no map's gets TEMP.
void AnswerMapRequest(VerdictService* service,
                      const socketmap::Request& request,
                      const socketmap::Reply& reply);

// Answers the maps explain (kRcpt) and explain-sender (kMail), which the admin
// listener has, too. The key is an address, or as sendmail's for `rcpt` and
// `mail`.
void AnswerExplain(VerdictService* service, std::string_view key, Stage stage,
                   const socketmap::Reply& reply);

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_DAEMON_MAPS_H_

// One SMTP session as a milter sees it: from the MTA's callbacks to the
// Transactions that are judged. No I/O, and nothing of libmilter.
//
//   Session session("192.0.2.1");
//   session.Mail("<joe@example.org>", /*authenticated=*/false);
//   const Verdict verdict = Judge(session.Recipient("<ann@example.net>"));
//   if (verdict.disposition() == Disposition::kPass) session.Accept();

#ifndef MAILVERDICT_ADAPTERS_MILTER_SESSION_H_
#define MAILVERDICT_ADAPTERS_MILTER_SESSION_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/transaction.h"

namespace mailverdict::milter {

// Each stage's function returns the transaction to be judged at that stage; the
// reference is valid until the next call. Not thread-safe.
class Session {
 public:
  // A message's header beyond this is not kept: names and values together.
  // sendmail takes 32 KiB (MaxHeadersLength), Postfix 100 KiB a field.
  static constexpr size_t kMaxHeaderBytes = 1 << 20;

  // "" for a client that has no address (sendmail -bs).
  explicit Session(std::string_view client);

  const Transaction& Connect();
  const Transaction& Helo(std::string_view name);
  // Begins a new message. The message before it is forgotten.
  const Transaction& Mail(std::string_view sender, bool authenticated);
  // `resolved`: the address that the MTA resolved the recipient to; nullopt if
  // it does not say.
  const Transaction& Recipient(
      std::string_view recipient,
      std::optional<std::string_view> resolved = std::nullopt);
  // The recipient of the last call is accepted.
  void Accept();
  void Header(std::string_view name, std::string_view value);
  const Transaction& EndOfHeader();
  const Transaction& EndOfMessage();
  // The message has ended, or was given up.
  void Reset();

  // To be called at every stage: sendmail knows the queue id at MAIL, Postfix
  // only after the first recipient. An empty `id` is ignored.
  void SetQueueId(std::string_view id);

 private:
  const Transaction& At(Stage stage);
  const Transaction& AfterRecipients(Stage stage);

  // Of one message. Replaced as a whole, so that nothing of a message can
  // reach the next one.
  struct Message {
    Transaction tx;  // what is asked, with the facts of the session
    std::vector<std::string> accepted;  // copied into no RCPT's transaction
    size_t header_bytes = 0;
  };

  Transaction session_;  // the facts that outlast a message: client, helo
  Message message_;
};

}  // namespace mailverdict::milter

#endif  // MAILVERDICT_ADAPTERS_MILTER_SESSION_H_

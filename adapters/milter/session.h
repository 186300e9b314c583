// The state of one SMTP session in the milter. It makes the Transactions to be
// judged from what the MTA sends at each stage. No I/O, and no libmilter.
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
  // The most bytes of a message's header, names and values together. Fields
  // beyond it are dropped. sendmail accepts 32 KiB (MaxHeadersLength), Postfix
  // 100 KiB in each field.
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
  // Adds the recipient of the last call of Recipient to the accepted ones.
  void Accept();
  void Header(std::string_view name, std::string_view value);
  const Transaction& EndOfHeader();
  const Transaction& EndOfMessage();
  // Forgets the message: it has ended, or the client has given it up.
  void Reset();

  // To be called at every stage: sendmail knows the queue id at MAIL, Postfix
  // only after the first recipient. An empty `id` is ignored.
  void SetQueueId(std::string_view id);

 private:
  const Transaction& At(Stage stage);
  const Transaction& AfterRecipients(Stage stage);

  // The state of one message. Replaced as a whole, so that no fact of a message
  // reaches the next one.
  struct Message {
    Transaction tx;  // returned by the stages; has the session's facts, too
    std::vector<std::string> accepted;  // added to tx only after RCPT
    size_t header_bytes = 0;
  };

  Transaction session_;  // the facts that outlast a message: client, helo
  Message message_;
};

}  // namespace mailverdict::milter

#endif  // MAILVERDICT_ADAPTERS_MILTER_SESSION_H_

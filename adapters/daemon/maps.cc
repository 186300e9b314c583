#include "adapters/daemon/maps.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "adapters/socketmap/key.h"
#include "adapters/wire/wire.h"

namespace mailverdict {
namespace {

Transaction About(std::string_view address, Stage stage) {
  Transaction tx;
  tx.stage = stage;
  (stage == Stage::kMail ? tx.sender : tx.recipient) = std::string(address);
  return tx;
}

Transaction Rcpt(std::string_view recipient) {
  return About(recipient, Stage::kRcpt);
}

void AnswerSendmail(Judging* judging, std::string_view key, Stage stage,
                    const socketmap::Reply& reply) {
  std::optional<Transaction> tx = socketmap::ParseSendmailKey(key, stage);
  if (!tx.has_value()) {
    const Verdict verdict = Verdict::Defer(
        replies::kRequestNotUnderstood,
        "the key is not as mailverdict.m4 builds it, or was cut short");
    judging->Log(About(key, stage), verdict);
    reply.Send(SendmailMapReply(verdict));
    return;
  }
  judging->Judge(*std::move(tx), [reply](const Verdict& verdict) {
    reply.Send(SendmailMapReply(verdict));
  });
}

// A key that cannot be read stops nobody here: at RCPT there is another.
void AnswerClient(Judging* judging, std::string_view key,
                  const socketmap::Reply& reply) {
  std::optional<Transaction> tx =
      socketmap::ParseSendmailKey(key, Stage::kConnect);
  if (!tx.has_value()) {
    reply.Send(SendmailMapReply(Verdict::Pass()));
    return;
  }
  judging->Judge(*std::move(tx), [reply](const Verdict& verdict) {
    reply.Send(SendmailMapReply(verdict));
  });
}

void AnswerPostfix(Judging* judging, std::string_view key, Stage stage,
                   std::string (*in_words)(const Verdict&),
                   const socketmap::Reply& reply) {
  std::optional<Transaction> tx = socketmap::ParsePostfixKey(key, stage);
  if (!tx.has_value()) {
    // Postfix asks for these only after the whole address was not found.
    reply.Send("NOTFOUND ");
    return;
  }
  judging->Judge(*std::move(tx), [reply, in_words](const Verdict& verdict) {
    reply.Send(in_words(verdict));
  });
}

}  // namespace

void AnswerMap(Judging* judging, const socketmap::Request& request,
               const socketmap::Reply& reply) {
  if (request.map == "rcpt") {
    AnswerSendmail(judging, request.key, Stage::kRcpt, reply);
  } else if (request.map == "mail") {
    AnswerSendmail(judging, request.key, Stage::kMail, reply);
  } else if (request.map == "client") {
    AnswerClient(judging, request.key, reply);
  } else if (request.map == "postfix") {
    AnswerPostfix(judging, request.key, Stage::kRcpt, PostfixMapReply, reply);
  } else if (request.map == "postfix-sender") {
    AnswerPostfix(judging, request.key, Stage::kMail, PostfixAccessReply,
                  reply);
  } else if (request.map == "absence") {
    judging->Judge(Rcpt(request.key), [reply](const Verdict& verdict) {
      reply.Send(AbsenceMapReply(verdict));
    });
  } else if (request.map == "explain") {
    AnswerExplain(judging, request.key, Stage::kRcpt, reply);
  } else if (request.map == "explain-sender") {
    AnswerExplain(judging, request.key, Stage::kMail, reply);
  } else if (request.map == "ping") {
    reply.Send("OK pong");
  } else {
    reply.Send(
        "TEMP no such map; there are rcpt, mail, client, postfix, "
        "postfix-sender, absence, explain, explain-sender and ping");
  }
}

void AnswerExplain(Judging* judging, std::string_view key, Stage stage,
                   const socketmap::Reply& reply) {
  std::optional<Transaction> tx = socketmap::ParseSendmailKey(key, stage);
  judging->Explain(std::move(tx).value_or(About(key, stage)),
                   [reply](const Verdict& verdict) {
                     reply.Send(absl::StrCat("OK ", verdict.Tree()));
                   });
}

}  // namespace mailverdict

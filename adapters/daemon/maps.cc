#include "adapters/daemon/maps.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "adapters/socketmap/key.h"
#include "adapters/wire/wire.h"
#include "lib/core/replies.h"

namespace mailverdict {
namespace {

using Words = std::string (*)(const Verdict&);

void AnswerAsked(Judging* judging, const TransactionView& asked, Words words,
                 const socketmap::Reply& reply) {
  if (const Verdict* verdict = judging->Recall(asked)) {
    reply.Send(words(*verdict));
    return;
  }
  judging->Judge(asked.Copy(), [reply, words](const Verdict& verdict) {
    reply.Send(words(verdict));
  });
}

void AnswerSendmail(Judging* judging, std::string_view key, Stage stage,
                    const socketmap::Reply& reply) {
  if (const auto asked = socketmap::ParseSendmailKey(key, stage)) {
    AnswerAsked(judging, *asked, SendmailMapReply, reply);
    return;
  }
  // One that cannot be read stops nobody at connect: at RCPT there is another.
  if (stage == Stage::kConnect) {
    reply.Send(SendmailMapReply(Verdict::Pass()));
    return;
  }
  const Verdict verdict = Verdict::Defer(
      replies::kRequestNotUnderstood,
      "the key is not as mailverdict.m4 builds it, or was cut short");
  judging->Log(Transaction::About(stage, std::string(key)), verdict);
  reply.Send(SendmailMapReply(verdict));
}

void AnswerPostfix(Judging* judging, std::string_view key, Stage stage,
                   Words words, const socketmap::Reply& reply) {
  const std::optional<Transaction> asked =
      socketmap::ParsePostfixKey(key, stage);
  if (!asked.has_value()) {
    // Postfix asks for these only after the whole address was not found.
    reply.Send("NOTFOUND ");
    return;
  }
  AnswerAsked(judging, TransactionView::Of(*asked), words, reply);
}

}  // namespace

void AnswerMap(Judging* judging, const socketmap::Request& request,
               const socketmap::Reply& reply) {
  if (request.map == "rcpt") {
    AnswerSendmail(judging, request.key, Stage::kRcpt, reply);
  } else if (request.map == "mail") {
    AnswerSendmail(judging, request.key, Stage::kMail, reply);
  } else if (request.map == "client") {
    AnswerSendmail(judging, request.key, Stage::kConnect, reply);
  } else if (request.map == "postfix") {
    AnswerPostfix(judging, request.key, Stage::kRcpt, PostfixMapReply, reply);
  } else if (request.map == "postfix-sender") {
    AnswerPostfix(judging, request.key, Stage::kMail, PostfixAccessReply,
                  reply);
  } else if (request.map == "absence") {
    TransactionView asked;
    asked.stage = Stage::kRcpt;
    asked.recipient = request.key;
    AnswerAsked(judging, asked, AbsenceMapReply, reply);
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
  const auto asked = socketmap::ParseSendmailKey(key, stage);
  judging->Explain(asked.has_value()
                       ? asked->Copy()
                       : Transaction::About(stage, std::string(key)),
                   [reply](const Verdict& verdict) {
                     reply.Send(absl::StrCat("OK ", verdict.Tree()));
                   });
}

}  // namespace mailverdict

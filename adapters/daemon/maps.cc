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

}  // namespace

void Maps::AnswerAsked(Words words, const socketmap::Reply& reply) {
  if (const Verdict* verdict = judging_->Recall(&asked_)) {
    reply.Send(words(*verdict));
    return;
  }
  judging_->Judge(std::move(asked_), [reply, words](const Verdict& verdict) {
    reply.Send(words(verdict));
  });
}

void Maps::AnswerSendmail(std::string_view key, Stage stage,
                          const socketmap::Reply& reply) {
  if (socketmap::ParseSendmailKey(key, stage, &asked_)) {
    AnswerAsked(SendmailMapReply, reply);
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
  judging_->Log(About(key, stage), verdict);
  reply.Send(SendmailMapReply(verdict));
}

void Maps::AnswerPostfix(std::string_view key, Stage stage, Words words,
                         const socketmap::Reply& reply) {
  std::optional<Transaction> tx = socketmap::ParsePostfixKey(key, stage);
  if (!tx.has_value()) {
    // Postfix asks for these only after the whole address was not found.
    reply.Send("NOTFOUND ");
    return;
  }
  asked_ = *std::move(tx);
  AnswerAsked(words, reply);
}

void Maps::Answer(const socketmap::Request& request,
                  const socketmap::Reply& reply) {
  if (request.map == "rcpt") {
    AnswerSendmail(request.key, Stage::kRcpt, reply);
  } else if (request.map == "mail") {
    AnswerSendmail(request.key, Stage::kMail, reply);
  } else if (request.map == "client") {
    AnswerSendmail(request.key, Stage::kConnect, reply);
  } else if (request.map == "postfix") {
    AnswerPostfix(request.key, Stage::kRcpt, PostfixMapReply, reply);
  } else if (request.map == "postfix-sender") {
    AnswerPostfix(request.key, Stage::kMail, PostfixAccessReply, reply);
  } else if (request.map == "absence") {
    asked_ = About(request.key, Stage::kRcpt);
    AnswerAsked(AbsenceMapReply, reply);
  } else if (request.map == "explain") {
    AnswerExplain(judging_, request.key, Stage::kRcpt, reply);
  } else if (request.map == "explain-sender") {
    AnswerExplain(judging_, request.key, Stage::kMail, reply);
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
  Transaction asked;
  if (!socketmap::ParseSendmailKey(key, stage, &asked)) {
    asked = About(key, stage);
  }
  judging->Explain(std::move(asked), [reply](const Verdict& verdict) {
    reply.Send(absl::StrCat("OK ", verdict.Tree()));
  });
}

}  // namespace mailverdict

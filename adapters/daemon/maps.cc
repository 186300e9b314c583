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

void JudgeAndReply(VerdictService* service, Transaction asked, Words words,
                   const socketmap::Responder& reply) {
  service->Judge(
      std::move(asked),
      [reply, words](const Verdict& verdict) { reply.Send(words(verdict)); },
      [reply] { return reply.StillWaiting(); });
}

void AnswerSendmail(VerdictService* service, std::string_view key, Stage stage,
                    const socketmap::Responder& reply) {
  if (auto asked = socketmap::ParseSendmailKey(key, stage)) {
    JudgeAndReply(service, *std::move(asked), SendmailMapReply, reply);
    return;
  }
  // A key that cannot be read stops no client at connect: RCPT has another.
  if (stage == Stage::kConnect) {
    reply.Send(SendmailMapReply(Verdict::Pass()));
    return;
  }
  const Verdict verdict = Verdict::Defer(
      replies::kRequestNotUnderstood,
      "the key is not as mailverdict.m4 builds it, or was cut short");
  service->Log(Transaction::About(stage, std::string(key)), verdict);
  reply.Send(SendmailMapReply(verdict));
}

void AnswerPostfix(VerdictService* service, std::string_view key, Stage stage,
                   Words words, const socketmap::Responder& reply) {
  std::optional<Transaction> asked = socketmap::ParsePostfixKey(key, stage);
  if (!asked.has_value()) {
    // Postfix asks for these only after the whole address was not found.
    reply.Send("NOTFOUND ");
    return;
  }
  JudgeAndReply(service, *std::move(asked), words, reply);
}

}  // namespace

void AnswerMapRequest(VerdictService* service,
                      const socketmap::Request& request,
                      const socketmap::Responder& reply) {
  if (request.map == "rcpt") {
    AnswerSendmail(service, request.key, Stage::kRcpt, reply);
  } else if (request.map == "mail") {
    AnswerSendmail(service, request.key, Stage::kMail, reply);
  } else if (request.map == "client") {
    AnswerSendmail(service, request.key, Stage::kConnect, reply);
  } else if (request.map == "postfix") {
    AnswerPostfix(service, request.key, Stage::kRcpt, PostfixMapReply, reply);
  } else if (request.map == "postfix-sender") {
    AnswerPostfix(service, request.key, Stage::kMail, PostfixAccessReply,
                  reply);
  } else if (request.map == "absence") {
    JudgeAndReply(service,
                  Transaction::About(Stage::kRcpt, std::string(request.key)),
                  AbsenceMapReply, reply);
  } else if (request.map == "explain") {
    AnswerExplain(service, request.key, Stage::kRcpt, reply);
  } else if (request.map == "explain-sender") {
    AnswerExplain(service, request.key, Stage::kMail, reply);
  } else if (request.map == "ping") {
    reply.Send("OK pong");
  } else {
    reply.Send(
        "TEMP no such map; there are rcpt, mail, client, postfix, "
        "postfix-sender, absence, explain, explain-sender and ping");
  }
}

void AnswerExplain(VerdictService* service, std::string_view key, Stage stage,
                   const socketmap::Responder& reply) {
  std::optional<Transaction> asked = socketmap::ParseSendmailKey(key, stage);
  if (!asked.has_value()) {
    asked = Transaction::About(stage, std::string(key));
  }
  service->Explain(*std::move(asked), [reply](const Verdict& verdict) {
    reply.Send(absl::StrCat("OK ", verdict.Tree()));
  });
}

}  // namespace mailverdict

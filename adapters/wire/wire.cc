#include "adapters/wire/wire.h"

#include <variant>

#include "absl/strings/str_cat.h"

namespace mailverdict {
namespace {

// Reply texts need no cure (reply.h); it is here so that none can ever become a
// syntax error.
std::string TextOf(const Reply& reply) { return HarmlessText(reply.text); }

std::string Enhanced(const Reply& reply) {
  return absl::StrCat(reply.status_class(), ".", reply.status_subject, ".",
                      reply.status_detail);
}

// Why a verdict passes that gives no reason itself.
std::string WhyItPasses(const Verdict& verdict) {
  // A remembered pass has no steps (lib/engine/passes.h).
  if (verdict.steps().empty()) return " [it passed within the last minute]";
  for (const Verdict::Step& step : verdict.steps()) {
    for (const Answer& answer : step.answers) {
      const bool mailbox =
          std::holds_alternative<MailboxLookup>(answer.lookup());
      if (mailbox && answer.present())
        return " [the directory has the address]";
    }
  }
  return " [no check of the policy asks for recipients]";
}

}  // namespace

std::string SendmailMapReply(const Verdict& verdict) {
  const Reply& reply = verdict.reply();
  switch (verdict.disposition()) {
    case Disposition::kPass:
      return "OK pass";
    case Disposition::kDefer:
      break;
    case Disposition::kReject:
      return absl::StrCat("OK reject:", reply.status_subject, ".",
                          reply.status_detail, ":", reply.code, ":\"",
                          TextOf(reply), "\"");
  }
  return absl::StrCat("OK defer:", reply.status_subject, ".",
                      reply.status_detail, ":\"", TextOf(reply), "\"");
}

std::string PostfixMapReply(const Verdict& verdict) {
  const Reply& reply = verdict.reply();
  switch (verdict.disposition()) {
    case Disposition::kPass:
      return "OK pass";
    case Disposition::kDefer:
      break;
    case Disposition::kReject:
      return "NOTFOUND ";
  }
  return absl::StrCat("TEMP ", Enhanced(reply), " ", TextOf(reply));
}

std::string PostfixAccessReply(const Verdict& verdict) {
  const Reply& reply = verdict.reply();
  if (verdict.disposition() == Disposition::kPass) return "OK DUNNO";
  return absl::StrCat("OK ", reply.code, " ", Enhanced(reply), " ",
                      TextOf(reply));
}

std::string AbsenceMapReply(const Verdict& verdict) {
  const Reply& reply = verdict.reply();
  const std::string line = verdict.Line().substr(0, kMaxAbsenceWhy);
  switch (verdict.disposition()) {
    case Disposition::kPass:
      return absl::StrCat("OK pass ", line,
                          line == "pass" ? WhyItPasses(verdict) : "");
    case Disposition::kDefer:
      break;
    case Disposition::kReject:
      if (reply.status_subject == 1 && reply.status_detail == 1) {
        return absl::StrCat("OK proven ", line);
      }
      break;
  }
  return absl::StrCat("OK unsure ", line);
}

MilterReply MilterReplyOf(const Verdict& verdict) {
  const Reply& reply = verdict.reply();
  MilterReply result;
  switch (verdict.disposition()) {
    case Disposition::kPass:
      return result;
    case Disposition::kDefer:
      result.action = MilterReply::Action::kTempfail;
      break;
    case Disposition::kReject:
      result.action = MilterReply::Action::kReject;
      break;
  }
  result.code = absl::StrCat(reply.code);
  result.enhanced = Enhanced(reply);
  result.text = TextOf(reply);
  return result;
}

}  // namespace mailverdict

#include "adapters/wire/wire.h"

#include <string_view>

#include "absl/strings/str_cat.h"

namespace mailverdict {
namespace {

// Reply texts are constants of ours (reply.h), perhaps with a domain of
// letters, digits, hyphens and dots behind them, and need no cure; it is here
// so that none can ever become a syntax error, since sendmail makes a 553 of an
// unbalanced quote, parenthesis or angle bracket, and expands a percent sign.
std::string Harmless(std::string_view text) {
  std::string harmless;
  for (char c : text.substr(0, kMaxReplyText)) {
    const bool printable = c >= ' ' && c <= '~';
    const bool special =
        std::string_view("\"\\%()<>;$").find(c) != std::string_view::npos;
    harmless += printable && !special ? c : ' ';
  }
  return harmless;
}

std::string Enhanced(const Reply& reply) {
  return absl::StrCat(reply.status_class(), ".", reply.subject, ".",
                      reply.detail);
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
      return absl::StrCat("OK reject:", reply.subject, ".", reply.detail, ":",
                          reply.code, ":\"", Harmless(reply.text), "\"");
  }
  return absl::StrCat("OK defer:", reply.subject, ".", reply.detail, ":\"",
                      Harmless(reply.text), "\"");
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
  return absl::StrCat("TEMP ", Enhanced(reply), " ", Harmless(reply.text));
}

std::string PostfixAccessReply(const Verdict& verdict) {
  const Reply& reply = verdict.reply();
  if (verdict.disposition() == Disposition::kPass) return "OK DUNNO";
  return absl::StrCat("OK ", reply.code, " ", Enhanced(reply), " ",
                      Harmless(reply.text));
}

std::string AbsenceMapReply(const Verdict& verdict) {
  const Reply& reply = verdict.reply();
  switch (verdict.disposition()) {
    case Disposition::kPass:
      return "OK pass";
    case Disposition::kDefer:
      break;
    case Disposition::kReject:
      if (reply.subject == 1 && reply.detail == 1) {
        return absl::StrCat("OK proven ", verdict.Line());
      }
      break;
  }
  return absl::StrCat("OK unsure ", verdict.Line());
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
  result.text = Harmless(reply.text);
  return result;
}

}  // namespace mailverdict

#include "tests/evidence/wire_forms.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "adapters/deliver/lmtp/reply.h"
#include "adapters/deliver/users/absence_client.h"
#include "adapters/deliver/users/unknown_user_rule.h"
#include "adapters/deliver/wrapper/exit_status.h"
#include "adapters/wire/wire.h"
#include "lib/mail/cursor.h"

namespace mailverdict {
namespace {

using deliver::Existence;
using mail::Cursor;

// What the client of the MTA gets; 250 means that the MTA goes on.
struct Heard {
  int code = 250;
  int status_class = 2;
};
constexpr Heard kGoOn{250, 2};
constexpr Heard kLater{451, 4};

// Reads a text in quotes that ends the reply.
bool TakeQuoted(Cursor& in) {
  return in.Skip('"') &&
         !in.TakeWhile([](char c) { return c != '"'; }).empty() &&
         in.Skip('"') && in.done();
}

// The rule MailverdictAnswer of mailverdict.m4, applied to the reply of the
// socket map: any reply but "OK " is <TMPF>. `$-` is one token, `$+` some, and
// `.` and `:` are operators. A reply that sendmail would tokenise in another
// way is an unknown word.
Heard AsSendmail(const std::string& reply) {
  if (reply == "OK pass") return kGoOn;
  Cursor in(reply);
  const bool reject = in.Skip("OK reject:");
  const bool known = (reject || in.Skip("OK defer:")) &&
                     in.Decimal(3).has_value() && in.Skip('.') &&
                     in.Decimal(3).has_value() && in.Skip(':');
  if (!known) return kLater;
  if (!reject) return TakeQuoted(in) ? Heard{451, 4} : kLater;
  const int code = static_cast<int>(in.Decimal(3).value_or(0));
  const bool listed = code >= 550 && code <= 556;  // $={MailverdictCode}
  return listed && in.Skip(':') && TakeQuoted(in) ? Heard{code, 5} : kLater;
}

// Postfix's relay_recipient_maps and similar tables: any value is a hit,
// NOTFOUND gives unknown_relay_recipient_reject_code (550), everything else
// gives 451.
Heard AsPostfixTable(const std::string& reply) {
  if (absl::StartsWith(reply, "OK ") && reply.size() > 3) return kGoOn;
  if (absl::StartsWith(reply, "NOTFOUND ")) return {550, 5};
  return kLater;
}

// Postfix's access(5): DUNNO, or a code of three digits, an enhanced status
// code and a text.
Heard AsPostfixAccess(const std::string& reply) {
  if (reply == "OK DUNNO") return kGoOn;
  Cursor in(reply);
  if (!in.Skip("OK ")) return kLater;
  const auto code = static_cast<int>(in.Decimal(3).value_or(0));
  in.Skip(' ');
  const auto status_class = static_cast<int>(in.Decimal(1).value_or(0));
  const bool whole = in.Skip('.') && in.Decimal(3).has_value() &&
                     in.Skip('.') && in.Decimal(3).has_value() &&
                     in.Skip(' ') && !in.done();
  return whole && code >= 400 && code < 600 ? Heard{code, status_class}
                                            : kLater;
}

// smfi_setreply(3): sendmail replaces a 4xx with SMFIR_REJECT by its own 5xx.
Heard AsMilter(const MilterReply& reply) {
  switch (reply.action) {
    case MilterReply::Action::kContinue:
      return kGoOn;
    case MilterReply::Action::kTempfail:
      break;
    case MilterReply::Action::kReject:
      if (reply.code.empty() || reply.code[0] != '5') return {550, 5};
      break;
  }
  if (reply.code.size() != 3 || reply.enhanced.empty()) return {550, 5};
  return {std::stoi(reply.code), reply.enhanced[0] - '0'};
}

// A proof source that repeats a reply of mailverdictd.
class Said final : public deliver::ProofSource {
 public:
  explicit Said(std::string reply) : reply_(std::move(reply)) {}
  deliver::Ruling Ask(std::string_view, Deadline) const override {
    return deliver::ParseAbsenceReply(reply_);
  }

 private:
  const std::string reply_;
};

// Local delivery: the mailbox host says "user unknown", and mailverdict-deliver
// asks mailverdictd.
struct Delivered {
  std::string lmtp;
  int exit_status = 0;
};
Delivered AsLocalDelivery(const std::string& absence_reply) {
  std::vector<std::unique_ptr<deliver::ProofSource>> proofs;
  proofs.push_back(std::make_unique<Said>(absence_reply));
  const deliver::UnknownUserRule rule(deliver::UnknownPolicy::kUnlessProven,
                                      std::move(proofs), absl::Seconds(5));
  const bool stands =
      rule.Judge("joe@example.org").existence == Existence::kProvenAbsent;
  const std::string unknown = "550 5.1.1 User unknown\r\n";
  return {stands ? unknown : deliver::Softened(unknown),
          stands ? deliver::kExNoUser : deliver::kExTempFail};
}

std::string Differs(const char* form, const Heard& heard,
                    const Verdict& verdict) {
  const int expected = verdict.disposition() == Disposition::kPass    ? 2
                       : verdict.disposition() == Disposition::kDefer ? 4
                                                                      : 5;
  if (heard.code / 100 == expected && heard.status_class == expected) return "";
  return absl::StrCat(form, " makes ", heard.code, " of ", verdict.Line(),
                      "; ");
}

// True if the text has no character that sendmail, Postfix or libmilter
// interprets.
bool IsHarmless(const std::string& text) {
  return text.size() <= 200 &&
         text.find_first_of("%\"()<>\\;$\r\n") == text.npos &&
         text.find_first_not_of(' ') != text.npos;
}

}  // namespace

std::string WireObjection(const Verdict& verdict) {
  const bool reject = verdict.disposition() == Disposition::kReject;
  const MilterReply milter = MilterReplyOf(verdict);
  std::string objection = absl::StrCat(
      Differs("sendmail", AsSendmail(SendmailMapReply(verdict)), verdict),
      Differs("Postfix's table", AsPostfixTable(PostfixMapReply(verdict)),
              verdict),
      Differs("Postfix's access", AsPostfixAccess(PostfixAccessReply(verdict)),
              verdict),
      Differs("the milter", AsMilter(milter), verdict));
  if (verdict.disposition() != Disposition::kPass && !IsHarmless(milter.text)) {
    absl::StrAppend(&objection, "a text that is interpreted: ", milter.text);
  }
  const Delivered delivered = AsLocalDelivery(AbsenceMapReply(verdict));
  const bool unknown_user = reject && verdict.reply().status_subject == 1 &&
                            verdict.reply().status_detail == 1;
  if (absl::StartsWith(delivered.lmtp, "5") != unknown_user ||
      (delivered.exit_status == 67) != unknown_user) {
    absl::StrAppend(&objection, "local delivery makes ", delivered.lmtp, "of ",
                    verdict.Line());
  }
  return objection;
}

}  // namespace mailverdict

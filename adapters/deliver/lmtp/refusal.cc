#include "adapters/deliver/lmtp/refusal.h"

#include <algorithm>
#include <initializer_list>
#include <optional>

#include "absl/strings/ascii.h"
#include "adapters/deliver/lmtp/reply.h"
#include "lib/mail/cursor.h"

namespace mailverdict::deliver {
namespace {

bool IsOneOf(std::string_view code, std::initializer_list<const char*> codes) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

bool IsListed(std::string_view code, const std::vector<std::string>& listed) {
  return std::find(listed.begin(), listed.end(), code) != listed.end();
}

// The code as operators write it, without leading zeros: "5.1.1".
std::string Written(const EnhancedCode& code) {
  return std::to_string(code.status_class) + "." +
         std::to_string(code.subject) + "." + std::to_string(code.detail);
}

// DBMail writes a delivery status as a reply code: 511 for 5.1.1, 522 for 5.2.2
// (over quota). No registered reply code is 51x or 522.
bool IsAddressCode(std::string_view code) { return code.substr(0, 2) == "51"; }

// Codes that say that the command was out of turn or not understood, or that
// the client is not welcome. Such a reply says nothing about a recipient, so no
// proof is asked for.
bool IsOfSession(std::string_view code) {
  return IsOneOf(code, {"500", "502", "503", "504", "521", "530", "534", "535",
                        "538", "555"});
}

// Registered reply codes that refuse mail (RFC 5321 4.2.3), and DBMail's 522.
// After any other code, such as 500 or 530, an enhanced code is not believed.
bool RefusesMail(std::string_view code) {
  return IsOneOf(code, {"522", "550", "551", "552", "553", "554"});
}

// Enhanced codes about an address (X.1.x). Without X.1.7, the syntax of the
// sender. With X.1.8, the sender's domain: it rests on the server's DNS, which
// may have failed.
bool IsOfAddress(const EnhancedCode& code) {
  return code.subject == 1 && code.detail != 7;
}

// Enhanced codes about the message's content (X.6.x) and size (X.2.3, X.3.4).
bool IsOfContent(const EnhancedCode& code) {
  return code.subject == 6 || (code.subject == 2 && code.detail == 3) ||
         (code.subject == 3 && code.detail == 4);
}

// Enhanced codes about a mailbox that exists: disabled (X.2.1, X.7.13) or full
// (X.2.2). Without X.2.0 and X.2.4 (a list could not be expanded), which may be
// failures.
bool IsOfMailbox(const EnhancedCode& code) {
  return (code.subject == 2 && (code.detail == 1 || code.detail == 2)) ||
         (code.subject == 7 && code.detail == 13);
}

// Enhanced codes about a rule that refuses this message: a virus, a user's
// filter. They count only after the message, since before it "5.7.1 access
// denied" may mean the gateway. The rest of X.7.x is about TLS, logins, and
// what the server's DNS said.
bool IsOfRule(const EnhancedCode& code) {
  return code.subject == 7 && (code.detail == 0 || code.detail == 1 ||
                               code.detail == 2 || code.detail == 7);
}

bool IsOfSender(const EnhancedCode& code) {
  return code.subject == 1 && code.detail == 7;
}

// Enhanced codes so definite that the reply's text cannot turn them into "user
// unknown". X.7.1 is not among them: "5.7.1 no such user" is an unknown user.
bool LeavesNoDoubt(const EnhancedCode& code) {
  return IsOfContent(code) || IsOfSender(code) ||
         (code.subject == 2 && code.detail == 2);
}

// Whether an address code such as 5.1.1 stands anywhere in a text: qmail writes
// "(#5.1.1)" at its end. "10.5.1.1" and "5.1.1.4" are hosts' addresses, and do
// not count.
bool ContainsAddressCode(std::string_view text) {
  char before = ' ';
  for (mail::Cursor in(text); !in.done(); before = *in.Next()) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(before)) ||
        before == '.') {
      continue;
    }
    const std::optional<EnhancedCode> code = EnhancedCodeOf(in.rest());
    if (code.has_value() && code->status_class == 5 && IsOfAddress(*code)) {
      return true;
    }
  }
  return false;
}

// All that the classification looks at in a reply.
struct Findings {
  std::string_view code;
  // The codes at the front of the lines, where RFC 2034 4 puts them.
  std::vector<EnhancedCode> enhanced;
  bool of_address = false;    // a code, anywhere, is about an address
  bool says_unknown = false;  // the text says "user unknown"
};

Findings Find(std::string_view reply) {
  Findings found;
  found.code = ReplyCode(reply);
  found.of_address = IsAddressCode(found.code);
  ReplyTexts texts(reply);
  while (const std::optional<std::string_view> text = texts.Next()) {
    const std::optional<EnhancedCode> front = EnhancedCodeOf(*text);
    if (front.has_value()) {
      found.enhanced.push_back(*front);
      found.of_address = found.of_address || IsOfAddress(*front);
    }
    found.of_address = found.of_address || ContainsAddressCode(*text);
    found.says_unknown = found.says_unknown || TextSaysUserUnknown(*text);
  }
  return found;
}

bool AnyListed(const Findings& found, const std::vector<std::string>& listed) {
  return IsListed(found.code, listed) ||
         std::any_of(found.enhanced.begin(), found.enhanced.end(),
                     [&listed](const EnhancedCode& code) {
                       return IsListed(Written(code), listed);
                     });
}

// Whether there are enhanced codes, and `wanted` is true of all of them, each
// being a 5.x.y.
template <typename Predicate>
bool All(const Findings& found, Predicate wanted) {
  return !found.enhanced.empty() &&
         std::all_of(found.enhanced.begin(), found.enhanced.end(),
                     [&wanted](const EnhancedCode& code) {
                       return code.status_class == 5 && wanted(code);
                     });
}

bool IsToRecipient(LmtpStep step) {
  return step == LmtpStep::kRcpt || step == LmtpStep::kMessage;
}

// Whether the reply speaks of the message, or of a mailbox that exists. Only a
// reply to a recipient can speak of a mailbox.
bool IsOfMessage(LmtpStep step, const Findings& found) {
  // 501 is a syntax error: of the command, or, with 5.1.7, of the sender.
  if (found.code == "501") return All(found, IsOfSender);
  if (!RefusesMail(found.code)) return false;
  if (found.enhanced.empty()) {
    // A bare 552 is a message that is too big (RFC 1870 6.2). A bare 550 after
    // the message is more often about the message than about a recipient whom
    // the server had accepted: Mailman refuses a message without a Message-ID
    // like that.
    return found.code == "552" ||
           (IsToRecipient(step) && found.code == "522") ||
           (step == LmtpStep::kMessage && found.code == "550");
  }
  return All(found, [step](const EnhancedCode& code) {
    return IsOfContent(code) || IsOfSender(code) ||
           (IsToRecipient(step) && IsOfMailbox(code)) ||
           (step == LmtpStep::kMessage && IsOfRule(code));
  });
}

// Whether the reply says that a recipient does not exist.
bool SaysUserUnknown(LmtpStep step, const Findings& found,
                     const RefusalCodes& codes) {
  if (found.of_address || AnyListed(found, codes.unknown)) return true;
  return found.says_unknown && IsToRecipient(step) &&
         !All(found, LeavesNoDoubt);
}

}  // namespace

Refusal ClassifyRefusal(LmtpStep step, std::string_view reply,
                        const RefusalCodes& codes) {
  if (step == LmtpStep::kSession) return Refusal::kTemporary;
  const Findings found = Find(reply);
  const bool unknown = SaysUserUnknown(step, found, codes);
  if (!unknown && (AnyListed(found, codes.pass) || IsOfMessage(step, found))) {
    return Refusal::kStands;
  }
  // A reply to MAIL or DATA does not say which recipient it means, so there is
  // nobody whose absence could be proven.
  if (!IsToRecipient(step)) return Refusal::kTemporary;
  return unknown || !IsOfSession(found.code) ? Refusal::kNeedsProof
                                             : Refusal::kTemporary;
}

}  // namespace mailverdict::deliver

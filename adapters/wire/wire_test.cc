#include "adapters/wire/wire.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "lib/core/chain.h"
#include "lib/core/replies.h"
#include "lib/core/vouch.h"

namespace mailverdict {
namespace {

// A proof, got in the only way there is.
Proof SomeProof() {
  DirectoryPolicy people;
  people.name = "people";
  people.filter = *FilterTemplate::Parse("(mail=%a)");
  people.controls = {{"mail", "old@example.org", "uid=old"}};
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  const Origin moment{"ldap://one", 1, 2, now, now};
  const Answer answer = Vouch(
      people,
      Report::Absent(MailboxLookup{"people", {"joe@example.org"}, ""}, moment),
      {Report::Present(MailboxLookup{"people", {"old@example.org"}, "mail"},
                       {"uid=old"}, moment)});
  return *answer.ProofOfAbsence();
}

struct Row {
  Verdict verdict;
  const char* sendmail;
  const char* postfix;
  const char* access;
  const char* absence;
  const char* milter;  // action, code, enhanced code, text
};

std::string MilterWords(const Verdict& verdict) {
  const MilterReply reply = MilterReplyOf(verdict);
  switch (reply.action) {
    case MilterReply::Action::kContinue:
      return "CONTINUE" + reply.code + reply.enhanced + reply.text;
    case MilterReply::Action::kTempfail:
      return "TEMPFAIL " + reply.code + " " + reply.enhanced + " " + reply.text;
    case MilterReply::Action::kReject:
      return "REJECT " + reply.code + " " + reply.enhanced + " " + reply.text;
  }
  return "?";
}

std::vector<Row> EveryVerdict() {
  return {
      {Verdict::Pass("why"), "OK pass", "OK pass", "OK DUNNO",
       "OK pass pass [why]", "CONTINUE"},
      {Verdict::Defer(replies::kDirectoryUnsure),
       "OK defer:4.3:\"Recipient cannot be verified right now, try again "
       "later\"",
       "TEMP 4.4.3 Recipient cannot be verified right now, try again later",
       "OK 451 4.4.3 Recipient cannot be verified right now, try again later",
       "OK unsure defer 451 4.4.3 Recipient cannot be verified right now, try "
       "again later",
       "TEMPFAIL 451 4.4.3 Recipient cannot be verified right now, try again "
       "later"},
      {Verdict::Defer(replies::kAddressNotUnderstood),
       "OK defer:1.3:\"Recipient address not understood\"",
       "TEMP 4.1.3 Recipient address not understood",
       "OK 451 4.1.3 Recipient address not understood",
       "OK unsure defer 451 4.1.3 Recipient address not understood",
       "TEMPFAIL 451 4.1.3 Recipient address not understood"},
      {Verdict::Defer(replies::kRequestNotUnderstood),
       "OK defer:3.0:\"Address was not asked about in full, try again "
       "later\"",
       "TEMP 4.3.0 Address was not asked about in full, try again later",
       "OK 451 4.3.0 Address was not asked about in full, try again later",
       "OK unsure defer 451 4.3.0 Address was not asked about in full, try "
       "again later",
       "TEMPFAIL 451 4.3.0 Address was not asked about in full, try again "
       "later"},
      {Verdict::Reject(replies::kUserUnknown, SomeProof()),
       "OK reject:1.1:550:\"User unknown\"", "NOTFOUND ",
       "OK 550 5.1.1 User unknown", "OK proven reject 550 5.1.1 User unknown",
       "REJECT 550 5.1.1 User unknown"},
  };
}

TEST(Wire, EveryVerdictHasItsWords) {
  for (const Row& row : EveryVerdict()) {
    EXPECT_EQ(SendmailMapReply(row.verdict), row.sendmail);
    EXPECT_EQ(PostfixMapReply(row.verdict), row.postfix);
    EXPECT_EQ(PostfixAccessReply(row.verdict), row.access);
    EXPECT_EQ(AbsenceMapReply(row.verdict), row.absence);
    EXPECT_EQ(MilterWords(row.verdict), row.milter);
  }
}

TEST(Wire, OnlyARejectionIsWrittenAsOne) {
  for (const Row& row : EveryVerdict()) {
    const bool reject = row.verdict.disposition() == Disposition::kReject;
    EXPECT_EQ(SendmailMapReply(row.verdict).find("reject") != std::string::npos,
              reject);
    EXPECT_EQ(PostfixMapReply(row.verdict).rfind("NOTFOUND", 0) == 0, reject);
    EXPECT_EQ(PostfixAccessReply(row.verdict).rfind("OK 5", 0) == 0, reject);
    EXPECT_EQ(row.verdict.proof().has_value(), reject);
  }
}

TEST(Wire, OnlyUserUnknownProvesAnAbsence) {
  static constexpr RejectReply kOther{554, 7, 1, "Listed"};
  EXPECT_EQ(AbsenceMapReply(Verdict::Reject(kOther, SomeProof())),
            "OK unsure reject 554 5.7.1 Listed");
}

// Asks for one mailbox; what it says of it is a pass.
class Passing final : public Check {
 public:
  explicit Passing(bool shadow, bool asks)
      : Check(Policy(), CheckOptions{shadow, WhenUnsure::kDefer}),
        asks_(asks) {}
  FixedText name() const override { return "recipient"; }
  Stage stage() const override { return Stage::kRcpt; }
  FactSet reads() const override { return {}; }
  Scope scope() const override { return Scope::kRecipient; }
  Finding Examine(const Facts&, Inquiry& ask) const override {
    if (!asks_) return Verdict::Pass();
    const Answer* answer =
        ask.Ask(MailboxLookup{"people", {"joe@example.org"}, ""});
    if (answer == nullptr) return Finding::Pending();
    if (answer->present()) return Verdict::Pass();
    return Verdict::Defer(replies::kDirectoryUnsure, "no proof");
  }

 private:
  const bool asks_;
};

// The reply when a chain of this check has the answer.
std::string AbsenceReply(bool shadow, bool asks, Report report) {
  Chain chain;
  chain.push_back(std::make_unique<Passing>(shadow, asks));
  Transaction tx;
  tx.stage = Stage::kRcpt;
  Evidence evidence;
  evidence.Add(Answer(std::move(report)));
  return AbsenceMapReply(std::get<Verdict>(Evaluate(chain, tx, evidence)));
}

TEST(Wire, APassSaysToLocalDeliveryWhyItPasses) {
  const MailboxLookup joe{"people", {"joe@example.org"}, ""};
  EXPECT_EQ(AbsenceReply(false, true, Report::Present(joe, {"uid=joe"})),
            "OK pass pass [the directory has the address]");
  EXPECT_EQ(AbsenceReply(false, false, Report::Present(joe, {"uid=joe"})),
            "OK pass pass [no check of the policy asks for recipients]");
  EXPECT_EQ(
      AbsenceReply(true, true, Report::Unknown(joe, "timed out")),
      "OK pass pass [in shadow, recipient would defer 451 4.4.3 Recipient "
      "cannot be verified right now, try again later; timed out]");
  EXPECT_EQ(AbsenceMapReply(Verdict::Pass("domain is not ours")),
            "OK pass pass [domain is not ours]");
}

// A client takes 4096 bytes.
TEST(Wire, LocalDeliveryIsToldABoundedReason) {
  const MailboxLookup joe{"people", {"joe@example.org"}, ""};
  EXPECT_EQ(
      AbsenceReply(false, true, Report::Unknown(joe, std::string(10000, 'x')))
          .size(),
      std::string("OK unsure ").size() + kMaxAbsenceWhy);
}

TEST(Wire, ATextCannotBreakTheProtocol) {
  static constexpr DeferReply kHostile{
      451, 3, 0, "550 5.1.1 \"no\" (user) <x> 100%0 \\ $x;\r\n5:OK no,\x80"};
  EXPECT_EQ(SendmailMapReply(Verdict::Defer(kHostile)),
            "OK defer:3.0:\"550 5.1.1 no user x 100 0 x 5:OK no,\"");
  EXPECT_EQ(PostfixMapReply(Verdict::Defer(kHostile)),
            "TEMP 4.3.0 550 5.1.1 no user x 100 0 x 5:OK no,");
  EXPECT_EQ(MilterReplyOf(Verdict::Defer(kHostile)).text,
            "550 5.1.1 no user x 100 0 x 5:OK no,");
  static constexpr DeferReply kEndless{
      451, 3, 0,
      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"};
  EXPECT_EQ(SendmailMapReply(Verdict::Defer(kEndless)).size(),
            std::string("OK defer:3.0:\"\"").size() + kMaxReplyText);
}

}  // namespace
}  // namespace mailverdict

#include "adapters/deliver/lmtp/refusal.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace mailverdict::deliver {
namespace {

constexpr LmtpStep kAllSteps[] = {LmtpStep::kSession, LmtpStep::kMail,
                                  LmtpStep::kRcpt, LmtpStep::kData,
                                  LmtpStep::kMessage};

// What becomes of a reply at each step, in the order of kAllSteps: "S" stands,
// "P" needs a proof, "t" is temporary.
std::string Fates(const std::string& reply, const RefusalCodes& codes = {}) {
  std::string fates;
  for (const LmtpStep step : kAllSteps) {
    switch (ClassifyRefusal(step, reply + "\r\n", codes)) {
      case Refusal::kStands:
        fates += 'S';
        break;
      case Refusal::kNeedsProof:
        fates += 'P';
        break;
      case Refusal::kTemporary:
        fates += 't';
        break;
    }
  }
  return fates;
}

struct Row {
  const char* reply;
  const char* fates;  // session, MAIL, RCPT, DATA, the message
};

void Expect(const std::vector<Row>& rows) {
  for (const Row& row : rows)
    EXPECT_EQ(Fates(row.reply), row.fates) << row.reply;
}

TEST(Refusal, OfARecipientNeedsAProof) {
  Expect({{"550 5.1.1 <a@b> User doesn't exist: a@b", "ttPtP"},
          {"554 5.1.1", "ttPtP"},
          {"550 5.1.0 x", "ttPtP"},
          {"550 5.1.2 x", "ttPtP"},
          {"501 5.1.3 x", "ttPtP"},
          {"550 5.1.6 x", "ttPtP"},
          {"550 5.1.8 x", "ttPtP"},
          {"550 5.1.9 x", "ttPtP"},
          {"550 5.1.10 x", "ttPtP"},
          {"550 5.1.255 x", "ttPtP"},
          {"550 5.1.1: x", "ttPtP"},
          {"550  5.1.1 x", "ttPtP"},
          {"550 4.1.1 x", "ttPtP"},
          {"550 2.1.5 x", "ttPtP"},
          {"503 5.1.1 User does not exist", "ttPtP"},
          {"500 5.1.1 x", "ttPtP"}});
}

TEST(Refusal, ByAnAddressStatusWrittenAsAReplyCodeNeedsAProof) {
  for (const char digit : {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9'}) {
    EXPECT_EQ(Fates(std::string("51") + digit), "ttPtP") << digit;
    EXPECT_EQ(Fates(std::string("51") + digit + " 5.7.1 x"), "ttPtP") << digit;
  }
}

TEST(Refusal, OfTheMessageStands) {
  Expect({{"552 5.3.4 too big", "tSSSS"},
          {"552 5.2.3 too big", "tSSSS"},
          {"552 too big", "tSSSS"},
          {"554 5.6.0 no header", "tSSSS"},
          {"553 5.1.7 sender", "tSSSS"},
          {"501 5.1.7 sender", "tSSSS"},
          {"554-5.6.0 a\r\n554 5.3.4 b", "tSSSS"},
          {"554-5.3.4 a\r\n554 b", "tSSSS"}});
}

TEST(Refusal, OfAMailboxOrByARuleStandsForItsRecipient) {
  Expect({{"550 5.2.1 disabled", "ttStS"},
          {"552 5.2.2 over quota", "ttStS"},
          {"550 5.2.2 mailbox unavailable: over quota", "ttStS"},
          {"522 over quota", "ttStS"},
          {"550 5.7.1 refused", "ttPtS"},
          {"554 5.7.0 infected", "ttPtS"},
          {"550 5.7.13 disabled", "ttStS"},
          {"550-5.7.1 a\r\n550 5.2.1 b", "ttPtS"}});
}

TEST(Refusal, ThatMayBeTheServersFaultIsNotBelieved) {
  Expect({{"550 5.2.0 x", "ttPtP"},
          {"550 5.2.4 list", "ttPtP"},
          {"554 5.3.0 x", "ttPtP"},
          {"554 5.3.5 x", "ttPtP"},
          {"554 5.4.6 loop", "ttPtP"},
          {"554 5.0.0 Unexpected internal error", "ttPtP"},
          {"554 5.7.1 <x>: Client host rejected: Access denied", "ttPtS"},
          {"550 5.7.8 login", "ttPtP"},
          {"550 5.7.24 SPF", "ttPtP"},
          {"554-5.7.1 a\r\n554 5.3.0 b", "ttPtP"},
          {"550 5.11.1 x", "ttPtP"},
          {"550 4.7.1 x", "ttPtP"},
          {"541 x", "ttPtP"},
          {"599 x", "ttPtP"},
          {"554 transaction failed", "ttPtP"}});
}

TEST(Refusal, OfTheSessionAsksNobody) {
  for (const char* code :
       {"500", "502", "503", "504", "521", "530", "534", "535", "538", "555"}) {
    EXPECT_EQ(Fates(code), "ttttt") << code;
    EXPECT_EQ(Fates(std::string(code) + " 5.3.4 x"), "ttttt") << code;
    EXPECT_EQ(Fates(std::string(code) + " 5.7.1 x"), "ttttt") << code;
  }
}

TEST(Refusal, WithoutAnEnhancedCodeGoesByTheReplyCode) {
  Expect({{"550 no such user", "ttPtP"},
          {"550", "ttPtS"},
          {"550 No Message-ID header provided", "ttPtS"},
          {"550 5.1.1.2 is not us", "ttPtS"},
          {"550 10.5.1.1 is listed", "ttPtS"},
          {"551 x", "ttPtP"},
          {"553 x", "ttPtP"},
          {"501 x", "ttPtP"},
          {"554 x", "ttPtP"},
          {"556 x", "ttPtP"}});
}

TEST(Refusal, LooksAtEveryLine) {
  Expect({{"550-Mailbox unknown.  Either there is no mailbox\r\n"
           "550-name or you do not have authorization to see it.\r\n"
           "550 5.1.1 User unknown",
           "ttPtP"},
          {"550-5.1.1 a\r\n550-b\r\n550 c", "ttPtP"},
          {"554-a\r\n554-5.1.1 b\r\n554 c", "ttPtP"},
          {"554-5.1.1 a\r\n554 5.7.1 b", "ttPtP"},
          {"554-5.7.1 a\r\n554 5.1.1 b", "ttPtP"},
          {"550-no such user\r\n550 here", "ttPtP"},
          {"550-sorry\r\n550 5.2.2 over quota", "ttStS"}});
}

TEST(Refusal, FindsAnAddressCodeAnywhere) {
  Expect({{"554 sorry, no mailbox here (#5.1.1)", "ttPtP"},
          {"550 5.7.1 [5.1.10] x", "ttPtP"},
          {"552 5.2.2 remote said: 550 5.1.1 x", "ttPtP"},
          {"550 5.7.1 x 5.1.1\tx", "ttPtP"},
          {"550 5.7.1 x15.1.1 version 1.5.1.1 and 5.1.1.1", "ttPtS"},
          {"550 x (5.1.7)", "ttPtS"}});
}

TEST(Refusal, OfListedCodesIsTheOperators) {
  RefusalCodes codes;
  codes.unknown = {"5.2.1", "552"};
  codes.pass = {"5.3.0", "554"};
  EXPECT_EQ(Fates("550 5.2.1 x", codes), "ttPtP");
  EXPECT_EQ(Fates("550 5.2.10 x", codes), "ttPtP");
  EXPECT_EQ(Fates("552 5.2.2 x", codes), "ttPtP");
  EXPECT_EQ(Fates("552 x", codes), "ttPtP");
  EXPECT_EQ(Fates("550 5.3.0 x", codes), "tSSSS");
  EXPECT_EQ(Fates("554 x", codes), "tSSSS");
  EXPECT_EQ(Fates("554 5.1.1 x", codes), "ttPtP");
  EXPECT_EQ(Fates("554 no such user", codes), "tSPSP");
  // What says "user unknown" in any way is not let through.
  EXPECT_EQ(Fates("511 5.3.0 x", codes), "ttPtP");
  EXPECT_EQ(Fates("554-4.1.1 a\r\n554 5.3.0 b", codes), "ttPtP");
  EXPECT_EQ(Fates("554 5.3.0 x (#5.1.1)", codes), "ttPtP");
  EXPECT_EQ(Fates("554 5.2.1 x", codes), "ttPtP");
}

TEST(RefusalText, SaysUserUnknown) {
  for (const char* text : {"User joe unknown",
                           "User joe does not exist",
                           "Mailbox joe not found",
                           "<joe>: unknown",
                           "not a local user",
                           "mailbox of joe is unknown",
                           "User unknown",
                           "unknown user",
                           "UNKNOWN USER",
                           "no such user here",
                           "No such mailbox",
                           "no mailbox here by that name",
                           "user not found",
                           "Mailbox name is unknown",
                           "mailbox unavailable",
                           "Requested action not taken: mailbox unavailable",
                           "User does not exist",
                           "<a@b> User doesn't exist: a@b",
                           "The recipient <a@b> does not exist",
                           "<a@b>: unknown",
                           "<a@b>... not found",
                           "Unknown local part a in <a@b>",
                           "Unrouteable address",
                           "not a valid mailbox",
                           "invalid recipient",
                           "invalid recipient: a@b",
                           "user could not be found",
                           "this user no longer exists",
                           "account no longer valid",
                           "unable to relay",
                           "Relay access denied",
                           "relaying denied",
                           "relay not permitted",
                           "no such list",
                           "recipient is not known"}) {
    EXPECT_TRUE(TextSaysUserUnknown(text)) << text;
  }
}

TEST(RefusalText, SaysSomethingElse) {
  for (const char* text :
       {"", "no", "unknown", "No Message-ID header provided",
        "Message rejected by policy", "mailbox full", "over quota",
        "This user does not want it", "not delivered to user: virus",
        "<a@b>: no spam please", "unknown error", "bad header, not found",
        "the user has no time"}) {
    EXPECT_FALSE(TextSaysUserUnknown(text)) << text;
  }
}

}  // namespace
}  // namespace mailverdict::deliver

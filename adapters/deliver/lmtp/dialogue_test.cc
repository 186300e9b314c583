#include "adapters/deliver/lmtp/dialogue.h"

#include <string>
#include <string_view>
#include <vector>

#include "adapters/deliver/lmtp/dialogue_testing.h"
#include "gtest/gtest.h"

namespace mailverdict::deliver {
namespace {

INSTANTIATE_TEST_SUITE_P(Splits, LmtpDialogueTest,
                         ::testing::Values(1, 2, 7, 100000));

TEST_P(LmtpDialogueTest, AMessageForTwoPassesUnchanged) {
  ToMessage({"a@b", "c@d"});
  Says("Subject: x\r\n\r\n..\r\nRCPT TO:<no@body>\r\n.\r\n",
       "250 2.0.0 <a@b> saved\r\n550 5.2.2 <c@d> over quota\r\n");
  Says("QUIT\r\n", "221 2.0.0 bye\r\n");
  EXPECT_TRUE(talk_.Asked().empty());
  EXPECT_FALSE(talk_.dialogue().waits_for_backend());
}

TEST_P(LmtpDialogueTest, UserUnknownAtRcptIsDeferred) {
  Greet();
  Says("MAIL FROM:<s@t>\r\n", "250 ok\r\n");
  talk_.Client("RCPT TO:<\"a > b\"@c> ORCPT=rfc822;x\r\n");
  talk_.Backend("550-no\r\n550 5.1.1 such user\r\n");
  EXPECT_EQ(talk_.ClientGot(), "450-no\r\n450 4.1.1 such user\r\n");
  EXPECT_EQ(talk_.Asked(), std::vector<std::string>{"\"a > b\"@c"});
}

TEST_P(LmtpDialogueTest, AProvenAbsenceStands) {
  Greet();
  Says("MAIL FROM:<s@t>\r\n", "250 ok\r\n");
  talk_.proven = {"a@b"};
  Says("RCPT TO:<a@b>\r\n", "550 5.1.1 no such user\r\n");
  EXPECT_EQ(talk_.Asked(), std::vector<std::string>{"a@b"});
}

TEST_P(LmtpDialogueTest, ARecipientThatCannotBeReadIsNeverProven) {
  Greet();
  Says("MAIL FROM:<s@t>\r\n", "250 ok\r\n");
  talk_.proven = {"", "a@b"};
  talk_.Client("RCPT TO:a@b\r\nRCPT TO:<>\r\n");
  talk_.Backend("550 no\r\n550 no\r\n");
  EXPECT_EQ(talk_.ClientGot(), "450 no\r\n450 no\r\n");
}

TEST_P(LmtpDialogueTest, NoReplyPassesAQuestion) {
  Greet();
  LmtpDialogue dialogue({});
  dialogue.FromBackend("220 host\r\n");
  dialogue.FromClient("MAIL FROM:<>\r\nRCPT TO:<a@b>\r\nRCPT TO:<c@d>\r\n");
  dialogue.FromBackend("250 ok\r\n550 no\r\n250 ok\r\n");
  EXPECT_EQ(dialogue.to_client(), "220 host\r\n250 ok\r\n");
  ASSERT_NE(dialogue.question(), nullptr);
  EXPECT_EQ(dialogue.question()->reply, "550 no\r\n");
  dialogue.Answer(false);
  EXPECT_EQ(dialogue.to_client(), "220 host\r\n250 ok\r\n450 no\r\n250 ok\r\n");
}

TEST_P(LmtpDialogueTest, PipelinedRepliesFindTheirCommands) {
  talk_.proven = {"b@x", "d@x"};
  Says("", "220 host\r\n");
  const std::string commands =
      "LHLO us\r\nMAIL FROM:<s@t> SIZE=1 BODY=8BITMIME SMTPUTF8\r\n"
      "RCPT TO:<a@x>\r\nRCPT TO:<b@x>\r\nRCPT TO:<c@x>\r\nRCPT TO:<d@x>\r\n"
      "RCPT TO:<c@x>\r\nDATA\r\n";
  talk_.Client(commands);
  EXPECT_EQ(talk_.BackendGot(), commands);
  talk_.Backend(
      "250-host\r\n250 SIZE\r\n250 ok\r\n550 5.1.1 a\r\n550 5.1.1 b\r\n"
      "250 c\r\n550 5.2.1 d\r\n250 c\r\n354 go\r\n");
  EXPECT_EQ(talk_.ClientGot(),
            "250-host\r\n250 SIZE\r\n250 ok\r\n450 4.1.1 a\r\n550 5.1.1 b\r\n"
            "250 c\r\n550 5.2.1 d\r\n250 c\r\n354 go\r\n");
  // Duplicates count; what is pipelined behind the dot is no message.
  talk_.Client("x\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<b@x>\r\n");
  talk_.Backend("550 5.1.1 c\r\n250 c\r\n250 ok\r\n550 5.1.1 b\r\n");
  EXPECT_EQ(talk_.ClientGot(),
            "450 4.1.1 c\r\n250 c\r\n250 ok\r\n550 5.1.1 b\r\n");
  EXPECT_EQ(talk_.Asked(),
            (std::vector<std::string>{"a@x", "b@x", "c@x", "b@x"}));
}

TEST_P(LmtpDialogueTest, UserUnknownAfterTheMessageIsDeferredForEach) {
  ToMessage({"a@b", "c@d", "a@b"});
  talk_.proven = {"c@d"};
  talk_.Client("x\r\n.\r\n");
  talk_.Backend("550 5.1.1 1\r\n550 5.1.1 2\r\n553 3\r\n");
  EXPECT_EQ(talk_.ClientGot(), "450 4.1.1 1\r\n550 5.1.1 2\r\n451 3\r\n");
  EXPECT_EQ(talk_.Asked(), (std::vector<std::string>{"a@b", "c@d", "a@b"}));
}

// Postfix and sendmail both go by the replies to RCPT in this case.
TEST_P(LmtpDialogueTest, DataWithoutRecipientsIsRefusedForNow) {
  Greet();
  Says("MAIL FROM:<s@t>\r\n", "250 ok\r\n");
  talk_.Client("RCPT TO:<a@b>\r\nDATA\r\n");
  talk_.Backend("550 5.1.1 no\r\n503 5.5.1 no valid recipients\r\n");
  EXPECT_EQ(talk_.ClientGot(),
            "450 4.1.1 no\r\n451 4.5.1 no valid recipients\r\n");
  talk_.BackendGot();
  Says("RSET\r\n", "250 ok\r\n");
}

TEST_P(LmtpDialogueTest, UserUnknownInReplyToDataIsDeferred) {
  Greet();
  Says("MAIL FROM:<s@t>\r\n", "250 ok\r\n");
  Says("RCPT TO:<a@b>\r\n", "250 ok\r\n");
  talk_.proven = {"", "a@b"};
  talk_.Client("DATA\r\n");
  talk_.Backend("550 5.1.1 nobody\r\n");
  EXPECT_EQ(talk_.ClientGot(), "450 4.1.1 nobody\r\n");
}

TEST_P(LmtpDialogueTest, WhatIsSentBehindDataWaitsForItsReply) {
  Greet();
  Says("MAIL FROM:<s@t>\r\n", "250 ok\r\n");
  Says("RCPT TO:<a@b>\r\n", "250 ok\r\n");
  talk_.Client("DATA\r\nRCPT TO:<c@d>\r\n.\r\n");
  EXPECT_EQ(talk_.BackendGot(), "DATA\r\n");
  talk_.Backend("354 go\r\n");
  EXPECT_EQ(talk_.BackendGot(), "RCPT TO:<c@d>\r\n.\r\n");
  talk_.Backend("550 5.1.1 no\r\n");
  EXPECT_EQ(talk_.Asked(), std::vector<std::string>{"a@b"});
}

TEST_P(LmtpDialogueTest, WhatIsSentBehindARefusedDataIsCommands) {
  Greet();
  Says("MAIL FROM:<s@t>\r\n", "250 ok\r\n");
  talk_.Client("DATA\r\nRCPT TO:<c@d>\r\n");
  EXPECT_EQ(talk_.BackendGot(), "DATA\r\n");
  talk_.Backend("451 4.3.0 no\r\n");
  EXPECT_EQ(talk_.BackendGot(), "RCPT TO:<c@d>\r\n");
  talk_.Backend("550 5.1.1 no\r\n");
  EXPECT_EQ(talk_.Asked(), std::vector<std::string>{"c@d"});
  EXPECT_EQ(talk_.ClientGot(), "451 4.3.0 no\r\n450 4.1.1 no\r\n");
}

TEST_P(LmtpDialogueTest, RecipientsOfATransactionThatWasResetDoNotCount) {
  Greet();
  for (std::string_view reset : {"RSET\r\n", "LHLO again\r\n",
                                 "XCLIENT NAME=x\r\n", "MAIL FROM:<u@v>\r\n"}) {
    Says("MAIL FROM:<s@t>\r\n", "250 ok\r\n");
    Says("RCPT TO:<a@b>\r\n", "250 ok\r\n");
    Says(reset, "250 ok\r\n");
    Says("RCPT TO:<c@d>\r\n", "250 ok\r\n");
    Says("DATA\r\n", "354 go\r\n");
    talk_.Client(".\r\n");
    talk_.Backend("550 5.1.1 no\r\n");
    EXPECT_EQ(talk_.Asked(), std::vector<std::string>{"c@d"}) << reset;
    EXPECT_FALSE(talk_.dialogue().waits_for_backend()) << reset;
    talk_.BackendGot();
    talk_.ClientGot();
  }
}

TEST_P(LmtpDialogueTest, AResetThatFailsChangesNothing) {
  ToMessage({});
  talk_.Client(".\r\n");
  talk_.BackendGot();
  Says("MAIL FROM:<s@t>\r\n", "250 ok\r\n");
  Says("RCPT TO:<a@b>\r\n", "250 ok\r\n");
  Says("MAIL FROM:<s@t>\r\n", "451 4.5.1 nested\r\n");
  Says("LHLO x\r\n", "451 4.5.1 duplicate\r\n");
  Says("DATA\r\n", "354 go\r\n");
  talk_.Client(".\r\n");
  talk_.Backend("550 5.1.1 no\r\n");
  EXPECT_EQ(talk_.Asked(), std::vector<std::string>{"a@b"});
}

TEST_P(LmtpDialogueTest, AnAuthDialoguePassesWhateverItsLinesAre) {
  Greet();
  Says("AUTH DIGEST-MD5\r\n", "334 bm9uY2U=\r\n");
  Says("DATA\r\n", "334 \r\n");
  Says("\r\n", "235 ok\r\n");
  Says("MAIL FROM:<s@t>\r\n", "250 ok\r\n");
  talk_.Client("RCPT TO:<a@b>\r\n");
  talk_.Backend("550 5.1.1 no\r\n");
  EXPECT_EQ(talk_.Asked(), std::vector<std::string>{"a@b"});
}

TEST_P(LmtpDialogueTest, AnAnswerWithinAuthMayBeLong) {
  Greet();
  Says("AUTH GSSAPI\r\n", "334 \r\n");
  Says(std::string(200000, 'A') + "\r\n", "334 \r\n");
  Says("*\r\n", "451 4.7.0 cancelled\r\n");
  talk_.Client("DATA\r\nx");
  EXPECT_EQ(talk_.BackendGot(), "DATA\r\n");
}

// --- STARTTLS ---

TEST_P(LmtpDialogueTest, StartTlsIsNotOffered) {
  Says("", "220 host\r\n");
  talk_.Client("LHLO us\r\n");
  talk_.Backend("250-host\r\n250-STARTTLS\r\n250 8BITMIME\r\n");
  EXPECT_EQ(talk_.ClientGot(), "250-host\r\n250 8BITMIME\r\n");
}

TEST_P(LmtpDialogueTest, StartTlsIsRefusedInItsTurn) {
  Greet();
  talk_.Client("NOOP\r\nSTARTTLS\r\nstarttls\r\nNOOP\r\n");
  EXPECT_EQ(talk_.BackendGot(), "NOOP\r\nNOOP\r\n");
  EXPECT_EQ(talk_.ClientGot(), "");
  talk_.Backend("250 1\r\n250 2\r\n");
  EXPECT_EQ(talk_.ClientGot(),
            "250 1\r\n454 4.7.0 TLS is not available here\r\n"
            "454 4.7.0 TLS is not available here\r\n250 2\r\n");
}

// Once blind, we do not know where among the replies our 454 belongs.
TEST_P(LmtpDialogueTest, EndsWhenItGoesBlindWhileARefusalIsDue) {
  Greet();
  Says("NOOP\r\n", "");
  talk_.Client("STARTTLS\r\nBURL imap://x\r\n");
  EXPECT_EQ(talk_.BackendGot(), "");
  EXPECT_EQ(talk_.ClientGot(), "421 4.3.0 protocol error\r\n");
}

TEST_P(LmtpDialogueTest, ABackendThatSpeaksTlsIsLeft) {
  Greet();
  talk_.Client("STARTTLS\tnow\r\n");
  talk_.Backend("220 go ahead\r\n");
  talk_.ClientGot();
  talk_.Backend("\x16\x03\x03\n");
  EXPECT_EQ(talk_.ClientGot(),
            "421 4.3.0 the mailbox server's reply is malformed\r\n");
  EXPECT_TRUE(talk_.dialogue().done());
}

// --- BDAT ---

TEST_P(LmtpDialogueTest, ChunksPassWhateverTheyHold) {
  Greet();
  const std::string commands =
      "MAIL FROM:<s@t>\r\nRCPT TO:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 10\r\n"
      "\r\n.\r\nDATA\nBDAT 0\r\nBDAT 5 LAST\r\nRSET\n";
  talk_.Client(commands);
  EXPECT_EQ(talk_.BackendGot(), commands);
  talk_.Backend("250 ok\r\n250 a\r\n250 c\r\n250 10\r\n250 0\r\n");
  talk_.ClientGot();
  talk_.Backend("250 a\r\n550 5.1.1 c\r\n");
  EXPECT_EQ(talk_.ClientGot(), "250 a\r\n450 4.1.1 c\r\n");
  EXPECT_EQ(talk_.Asked(), std::vector<std::string>{"c@d"});
  EXPECT_FALSE(talk_.dialogue().waits_for_backend());
}

TEST_P(LmtpDialogueTest, ALastChunkOfNothingEndsTheMessage) {
  Greet();
  Says("MAIL FROM:<s@t>\r\n", "250 ok\r\n");
  Says("RCPT TO:<a@b>\r\n", "250 ok\r\n");
  Says("BDAT 1\r\nx", "250 ok\r\n");
  talk_.Client("BDAT 0 LAST\r\nNOOP\r\n");
  talk_.Backend("550 5.1.1 no\r\n250 ok\r\n");
  EXPECT_EQ(talk_.Asked(), std::vector<std::string>{"a@b"});
  EXPECT_EQ(talk_.ClientGot(), "450 4.1.1 no\r\n250 ok\r\n");
}

TEST_P(LmtpDialogueTest, ARefusedChunkIsStillBytes) {
  Greet();
  talk_.Client("BDAT 6\r\nDATA\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\n");
  talk_.Backend("503 5.5.1 need RCPT\r\n250 ok\r\n550 5.1.1 no\r\n");
  EXPECT_EQ(talk_.Asked(), std::vector<std::string>{"a@b"});
}

TEST_P(LmtpDialogueTest, ABareLfEndsACommand) {
  Greet();
  talk_.Client("MAIL FROM:<>\nRCPT TO:<a@b>\nRCPT TO:<c@d>\r\n");
  EXPECT_EQ(talk_.BackendGot(),
            "MAIL FROM:<>\nRCPT TO:<a@b>\nRCPT TO:<c@d>\r\n");
  talk_.Backend("250 ok\n550 5.1.1 a\n550 5.1.1 c\r\n");
  EXPECT_EQ(talk_.ClientGot(), "250 ok\n450 4.1.1 a\n450 4.1.1 c\r\n");
  EXPECT_EQ(talk_.Asked(), (std::vector<std::string>{"a@b", "c@d"}));
}

}  // namespace
}  // namespace mailverdict::deliver

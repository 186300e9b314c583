// Ends, bounds and options.

#include <string>
#include <string_view>
#include <vector>

#include "adapters/deliver/lmtp/dialogue.h"
#include "adapters/deliver/lmtp/dialogue_testing.h"
#include "gtest/gtest.h"

namespace mailverdict::deliver {
namespace {

INSTANTIATE_TEST_SUITE_P(Splits, LmtpDialogueTest,
                         ::testing::Values(1, 2, 7, 100000));

TEST_P(LmtpDialogueTest, AnUnsolicitedGoodbyePasses) {
  Greet();
  talk_.Backend("421 4.3.2 shutting down\r\n");
  talk_.dialogue().BackendClosed();
  talk_.Settle();
  EXPECT_EQ(talk_.ClientGot(), "421 4.3.2 shutting down\r\n");
  EXPECT_TRUE(talk_.dialogue().done());
  EXPECT_EQ(talk_.dialogue().failure(), "");
}

TEST_P(LmtpDialogueTest, ABackendThatGoesIsReportedOnceAfterItsReplies) {
  ToMessage({"a@b", "c@d"});
  talk_.Client("x\r\n.\r\n");
  talk_.Backend("250 a saved\r\n250-c is sa");
  talk_.dialogue().BackendClosed();
  talk_.dialogue().BackendClosed();
  talk_.Settle();
  EXPECT_EQ(talk_.ClientGot(),
            "250 a saved\r\n"
            "421 4.3.0 the mailbox server closed the connection\r\n");
  EXPECT_TRUE(talk_.dialogue().done());
}

TEST_P(LmtpDialogueTest, ABackendThatGoesWhileAQuestionIsOpen) {
  LmtpDialogue dialogue({});
  dialogue.FromBackend("220 host\r\n");
  dialogue.FromClient("RCPT TO:<a@b>\r\nRCPT TO:<c@d>\r\n");
  dialogue.FromBackend("550 5.1.1 a\r\n250 c\r\n");
  dialogue.BackendClosed();
  dialogue.Answer(false);
  EXPECT_EQ(dialogue.to_client(),
            "220 host\r\n450 4.1.1 a\r\n250 c\r\n"
            "421 4.3.0 the mailbox server closed the connection\r\n");
}

TEST_P(LmtpDialogueTest, ATornReplyNeverBecomesASuccess) {
  ToMessage({"a@b"});
  talk_.Client("x\r\n.\r\n");
  talk_.Backend("250 2.0.0 saved\r");
  talk_.dialogue().BackendClosed();
  talk_.Settle();
  EXPECT_EQ(talk_.ClientGot(),
            "421 4.3.0 the mailbox server closed the connection\r\n");
}

TEST_P(LmtpDialogueTest, AfterOurGoodbyeNothingPasses) {
  ToMessage({"a@b"});
  talk_.dialogue().FromClient("x\r\n.\r\n");
  talk_.dialogue().Fail("the mailbox server does not reply");
  EXPECT_EQ(talk_.dialogue().ClientRoom(), 0u);
  EXPECT_EQ(talk_.dialogue().BackendRoom(), 0u);
  talk_.Settle();
  EXPECT_EQ(talk_.BackendGot(), "");
  EXPECT_EQ(talk_.ClientGot(),
            "421 4.3.0 the mailbox server does not reply\r\n");
}

TEST_P(LmtpDialogueTest, AClientThatGoesWithinAMessageAddsNothing) {
  ToMessage({"a@b"});
  talk_.Client("x\r\n.");
  talk_.dialogue().ClientClosed();
  talk_.Settle();
  EXPECT_TRUE(talk_.dialogue().done());
  EXPECT_EQ(talk_.BackendGot(), "x\r\n.");
}

TEST_P(LmtpDialogueTest, AClientThatGoesAfterItsMessageIsStillAnswered) {
  ToMessage({"a@b"});
  talk_.Client("x\r\n.\r\n");
  talk_.dialogue().ClientClosed();
  EXPECT_FALSE(talk_.dialogue().done());
  talk_.Backend("250 saved\r\n");
  EXPECT_TRUE(talk_.dialogue().done());
  EXPECT_EQ(talk_.ClientGot(), "250 saved\r\n");
}

TEST_P(LmtpDialogueTest, ATornCommandDoesNotPass) {
  ToMessage({"a@b"});
  Says("x\r\n.\r\n", "250 saved\r\n");
  talk_.Client("QUIT");
  talk_.dialogue().ClientClosed();
  talk_.Settle();
  EXPECT_TRUE(talk_.dialogue().done());
  EXPECT_EQ(talk_.BackendGot(), "");
}

TEST_P(LmtpDialogueTest, StopsBetweenTransactions) {
  Greet();
  talk_.Client("MAIL FROM:<s@t>\r\n");
  talk_.dialogue().Stop();
  EXPECT_FALSE(talk_.dialogue().done());
  talk_.Backend("250 ok\r\n");
  talk_.Client("RCPT TO:<a@b>\r\nDATA\r\n");
  talk_.Backend("250 ok\r\n354 go\r\n");
  talk_.Client("x\r\n.\r\n");
  EXPECT_FALSE(talk_.dialogue().done());
  talk_.Backend("250 saved\r\n");
  EXPECT_TRUE(talk_.dialogue().done());
  EXPECT_EQ(talk_.ClientGot(),
            "250 ok\r\n250 ok\r\n354 go\r\n250 saved\r\n"
            "421 4.3.2 shutting down\r\n");
}

TEST_P(LmtpDialogueTest, StopsAfterAResetToo) {
  Greet();
  Says("MAIL FROM:<s@t>\r\n", "250 ok\r\n");
  talk_.dialogue().Stop();
  EXPECT_FALSE(talk_.dialogue().done());
  talk_.Client("RSET\r\n");
  talk_.Backend("250 ok\r\n");
  EXPECT_EQ(talk_.ClientGot(), "250 ok\r\n421 4.3.2 shutting down\r\n");
}

TEST_P(LmtpDialogueTest, DoesNotStopWithinAuthNorWhenBlind) {
  Greet();
  Says("AUTH X\r\n", "334 \r\n");
  talk_.dialogue().Stop();
  EXPECT_FALSE(talk_.dialogue().done());
  Says("\r\n", "334 \r\n");
  EXPECT_FALSE(talk_.dialogue().done());
  Talk fresh(GetParam());
  fresh.Backend("220 host\r\n");
  fresh.Client("BURL x\r\n");
  fresh.dialogue().Stop();
  EXPECT_FALSE(fresh.dialogue().done());
}

TEST_P(LmtpDialogueTest, SaysNothingAfterTheBackendsGoodbye) {
  Greet();
  Says("QUIT\r\n", "221 bye\r\n");
  talk_.dialogue().Stop();
  talk_.Settle();
  EXPECT_TRUE(talk_.dialogue().done());
  EXPECT_EQ(talk_.ClientGot(), "");
}

// A server may announce its end early, and then break off in the middle.
TEST_P(LmtpDialogueTest, OnlyTheLastReplyIsAGoodbye) {
  Greet();
  talk_.Backend("421 4.3.2 going down soon\r\n");
  talk_.ClientGot();
  Says("NOOP\r\n", "250 ok\r\n");
  talk_.Client("NOOP\r\n");
  talk_.dialogue().BackendClosed();
  talk_.Settle();
  EXPECT_EQ(talk_.ClientGot(),
            "421 4.3.0 the mailbox server closed the connection\r\n");
}

TEST(LmtpDialogueEnd, ClosesTheOpenQuestion) {
  LmtpDialogue dialogue({});
  dialogue.FromBackend("220 host\r\n");
  dialogue.FromClient("RCPT TO:<a@b>\r\n");
  dialogue.FromBackend("550 5.1.1 no\r\n");
  ASSERT_NE(dialogue.question(), nullptr);
  dialogue.FromClient("STARTTLS\r\nBURL x\r\n");
  EXPECT_EQ(dialogue.question(), nullptr);
  EXPECT_EQ(dialogue.to_client(), "220 host\r\n421 4.3.0 protocol error\r\n");
}

// --- Bounds ---

TEST_P(LmtpDialogueTest, AReplyHasABound) {
  Greet();
  talk_.Client("HELP\r\n");
  while (talk_.dialogue().BackendRoom() > 0) {
    const std::string_view line = "214-x\r\n";
    talk_.Backend(line.substr(0, talk_.dialogue().BackendRoom()));
  }
  EXPECT_EQ(talk_.ClientGot(),
            "421 4.3.0 the mailbox server's reply is too long\r\n");
}

TEST(LmtpDialogueBounds, BothDirectionsHoldBack) {
  LmtpOptions options;
  options.buffer_bytes = 100;
  LmtpDialogue dialogue(options);
  dialogue.FromBackend("220 host\r\n");
  dialogue.FromClient("MAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n");
  dialogue.SentToBackend(dialogue.to_backend().size());
  dialogue.FromBackend("250 ok\r\n250 ok\r\n354 go\r\n");
  size_t fed = 0;
  while (dialogue.ClientRoom() > 0) {
    dialogue.FromClient(std::string(dialogue.ClientRoom(), 'x'));
    fed = dialogue.to_backend().size();
    ASSERT_LE(fed, 100u);
  }
  dialogue.SentToBackend(10);
  EXPECT_EQ(dialogue.ClientRoom(), 10u);
  EXPECT_EQ(dialogue.to_backend().size(), 100u);
  LmtpDialogue blind(options);  // so that no reply is one too many
  blind.FromBackend("220 host\r\n");
  blind.FromClient("BURL x\r\n");
  while (blind.BackendRoom() > 0 && !blind.done()) {
    const std::string_view reply = "250 unsolicited\r\n";
    blind.FromBackend(reply.substr(0, blind.BackendRoom()));
    ASSERT_LE(blind.to_client().size(), 200u);
  }
  EXPECT_FALSE(blind.done());
}

TEST(LmtpDialogueBounds, CommandsWithoutRepliesAreBounded) {
  LmtpDialogue dialogue({});
  dialogue.FromBackend("220 host\r\n");
  size_t passed = 0;
  for (size_t i = 0; i < 2 * kMaxOutstanding; ++i) {
    dialogue.FromClient("NOOP\r\n");
    passed += dialogue.to_backend().size();
    dialogue.SentToBackend(dialogue.to_backend().size());
  }
  EXPECT_EQ(passed, kMaxOutstanding * 6);
  for (size_t i = 0; i < kMaxOutstanding; ++i) {
    dialogue.FromBackend("250 ok\r\n");
    passed += dialogue.to_backend().size();
    dialogue.SentToBackend(dialogue.to_backend().size());
    dialogue.SentToClient(dialogue.to_client().size());
  }
  EXPECT_EQ(passed, 2 * kMaxOutstanding * 6);
}

TEST(LmtpDialogueBounds, TooManyRecipientsMakeItBlind) {
  Talk talk(100000);
  talk.Backend("220 host\r\n");
  talk.Client("MAIL FROM:<>\r\n");
  talk.Backend("250 ok\r\n");
  for (size_t i = 0; i <= kMaxRecipients; ++i) {
    talk.Client("RCPT TO:<a@b>\r\n");
    talk.Backend("250 ok\r\n");
  }
  talk.proven = {"a@b"};
  talk.ClientGot();
  talk.Client("RCPT TO:<a@b>\r\n");
  talk.Backend("550 5.1.1 no\r\n");
  EXPECT_EQ(talk.ClientGot(), "450 4.1.1 no\r\n");
}

TEST(LmtpDialogueOptions, ListedCodesAreTreatedAlike) {
  LmtpOptions options;
  options.codes.unknown = {"5.2.1"};
  Talk talk(100000, options);
  talk.proven = {"a@b"};
  talk.Backend("220 host\r\n");
  talk.Client("RCPT TO:<a@b>\r\nRCPT TO:<c@d>\r\n");
  talk.ClientGot();
  talk.Backend("550 5.2.1 a\r\n550 5.2.1 c\r\n");
  EXPECT_EQ(talk.ClientGot(), "550 5.2.1 a\r\n450 4.2.1 c\r\n");
}

}  // namespace
}  // namespace mailverdict::deliver

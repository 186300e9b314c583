// What a mailbox server refuses for good, at each step of the dialogue.

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

// What a client gets when this is the server's first reply.
std::string HearsOfGreeting(size_t split, std::string_view greeting) {
  Talk talk(split);
  talk.proven = {"", "a@b"};
  talk.Backend(greeting);
  const std::string heard = talk.ClientGot();
  // Nothing passes after our own goodbye, in either direction.
  if (talk.dialogue().done()) {
    EXPECT_EQ(talk.dialogue().ClientRoom(), 0u) << greeting;
    EXPECT_EQ(talk.BackendGot(), "") << greeting;
  }
  return heard;
}

TEST_P(LmtpDialogueTest, AGreetingThatIsNoSuccessIsA421) {
  for (std::string_view greeting :
       {"500 database is away\r\n", "554 5.3.2 not today\r\n",
        "554-no SMTP service\r\n554 5.3.2 not today\r\n", "550 5.1.1 no\r\n",
        "511 no\r\n", "521\r\n", "354 go\r\n", "334 x\r\n", "500 no\n"}) {
    const std::string heard = HearsOfGreeting(GetParam(), greeting);
    EXPECT_EQ(heard.substr(0, 10), "421 4.3.0 ") << greeting;
    EXPECT_EQ(heard.find("\r\n"), heard.size() - 2) << heard;
  }
}

TEST_P(LmtpDialogueTest, AGreetingThatIsTemporaryOrASuccessPasses) {
  for (std::string_view greeting :
       {"220 host\r\n", "220-a\r\n220 b\r\n", "421 4.3.2 busy\r\n",
        "450 4.3.2 busy\r\n", "451-a\r\n451 b\r\n"}) {
    EXPECT_EQ(HearsOfGreeting(GetParam(), greeting), greeting);
  }
}

TEST_P(LmtpDialogueTest, ARefusedLhloIsA421) {
  for (std::string_view reply :
       {"500 5.5.1 what\r\n", "550 5.1.1 no\r\n", "554-a\r\n554 b\r\n",
        "503 5.5.1 duplicate\r\n", "354 go\r\n"}) {
    Talk talk(GetParam());
    talk.Backend("220 host\r\n");
    talk.Client("LHLO us\r\n");
    talk.ClientGot();
    talk.Backend(reply);
    EXPECT_EQ(talk.ClientGot().substr(0, 10), "421 4.3.0 ") << reply;
    EXPECT_TRUE(talk.dialogue().done()) << reply;
  }
}

TEST_P(LmtpDialogueTest, ARefusedResetIsA421) {
  Greet();
  Says("MAIL FROM:<s@t>\r\n", "250 ok\r\n");
  talk_.Client("RSET\r\n");
  talk_.Backend("503 5.5.1 no\r\n");
  EXPECT_EQ(talk_.ClientGot().substr(0, 10), "421 4.3.0 ");
  EXPECT_TRUE(talk_.dialogue().done());
}

TEST_P(LmtpDialogueTest, WhatMailIsToldOfTheServerIsTemporary) {
  Greet();
  const struct {
    std::string_view said, heard;
  } kRows[] = {
      {"500 what\r\n", "451 what\r\n"},
      {"502 5.5.1 x\r\n", "451 4.5.1 x\r\n"},
      {"503 5.5.1 nested MAIL\r\n", "451 4.5.1 nested MAIL\r\n"},
      {"530 5.7.0 authenticate\r\n", "451 4.7.0 authenticate\r\n"},
      {"550 5.7.1 access denied\r\n", "450 4.7.1 access denied\r\n"},
      {"550 5.1.1 x\r\n", "450 4.1.1 x\r\n"},
      {"550 5.1.8 no such domain\r\n", "450 4.1.8 no such domain\r\n"},
      {"552 5.2.2 full\r\n", "451 4.2.2 full\r\n"},
      {"552 5.3.1 disk full\r\n", "451 4.3.1 disk full\r\n"},
      {"554 5.3.0 x\r\n", "451 4.3.0 x\r\n"},
      {"554-5.3.4 size\r\n554 5.3.0 x\r\n",
       "451-4.3.4 size\r\n451 4.3.0 x\r\n"},
      {"555 5.5.4 SMTPUTF8\r\n", "451 4.5.4 SMTPUTF8\r\n"},
      {"550 no\r\n", "450 no\r\n"},
      {"511 no\r\n", "451 no\r\n"},
      {"550 4.3.4 too big\r\n", "450 4.3.4 too big\r\n"},
      {"500 5.3.4 too big\r\n", "451 4.3.4 too big\r\n"},
  };
  for (const auto& row : kRows) {
    talk_.Client("MAIL FROM:<s@t>\r\n");
    talk_.Backend(row.said);
    EXPECT_EQ(talk_.ClientGot(), row.heard);
    talk_.BackendGot();
  }
  EXPECT_FALSE(talk_.dialogue().done());
}

TEST_P(LmtpDialogueTest, WhatMailIsToldOfTheMessageStands) {
  Greet();
  for (std::string_view reply :
       {"552 5.3.4 too big\r\n", "552 5.2.3 too big\r\n", "552 too big\r\n",
        "554-5.3.4 too big\r\n554 see the rules\r\n",
        "553 5.1.7 sender's syntax\r\n", "501 5.1.7 sender's syntax\r\n",
        "550 5.6.7 not in ASCII\r\n"}) {
    Says("MAIL FROM:<s@t>\r\n", reply);
  }
}

TEST_P(LmtpDialogueTest, WhatTheDataCommandIsToldOfTheServerIsTemporary) {
  for (std::string_view reply :
       {"500 what\r\n", "503 5.5.1 no valid recipients\r\n", "554 no\r\n",
        "550 5.7.1 refused\r\n", "550 no\r\n", "511 no\r\n",
        "552 5.2.2 full\r\n", "550 5.1.1 nobody\r\n"}) {
    Talk talk(GetParam());
    talk.proven = {"", "a@b"};
    talk.Backend("220 host\r\n");
    talk.Client("MAIL FROM:<s@t>\r\nRCPT TO:<a@b>\r\nDATA\r\n");
    talk.Backend("250 ok\r\n250 ok\r\n");
    talk.ClientGot();
    talk.Backend(reply);
    EXPECT_EQ(talk.ClientGot()[0], '4') << reply;
    EXPECT_FALSE(talk.dialogue().done());
  }
}

TEST_P(LmtpDialogueTest, WhatTheDataCommandIsToldOfTheMessageStands) {
  Greet();
  Says("MAIL FROM:<s@t>\r\n", "250 ok\r\n");
  Says("RCPT TO:<a@b>\r\n", "250 ok\r\n");
  Says("DATA\r\n", "552 5.3.4 too big\r\n");
}

TEST_P(LmtpDialogueTest, AnswersToOtherCommandsAreTemporary) {
  Greet();
  for (std::string_view command :
       {"VRFY <a@b>\r\n", "NOOP\r\n", "XCLIENT NAME=x\r\n",
        "XFORWARD NAME=x\r\n", "HELP\r\n", "AUTH X\r\n"}) {
    talk_.Client(command);
    talk_.Backend("550 5.1.1 no\r\n");
    EXPECT_EQ(talk_.ClientGot(), "450 4.1.1 no\r\n") << command;
  }
  talk_.Client("QUIT\r\n");
  talk_.Backend("500 5.5.1 no\r\n");
  EXPECT_EQ(talk_.ClientGot(), "451 4.5.1 no\r\n");
}

TEST_P(LmtpDialogueTest, RcptOutOfTurnIsTemporaryAndNobodyIsAsked) {
  Greet();
  talk_.proven = {"a@b"};
  for (std::string_view reply : {"503 5.5.1 need MAIL\r\n", "500 what\r\n",
                                 "530 5.7.0 no\r\n", "521 5.3.2 no\r\n"}) {
    talk_.Client("RCPT TO:<a@b>\r\n");
    talk_.Backend(reply);
    EXPECT_EQ(talk_.ClientGot()[0], '4') << reply;
  }
}

TEST_P(LmtpDialogueTest, AReplyThatNothingAskedForIsA421) {
  for (std::string_view reply :
       {"500 5.3.0 dying\r\n", "250 ok\r\n", "354 go\r\n", "451 timeout\r\n",
        "221 bye\r\n", "554-a\r\n554 b\r\n"}) {
    Talk talk(GetParam());
    talk.Backend("220 host\r\n");
    talk.ClientGot();
    talk.Backend(reply);
    EXPECT_EQ(talk.ClientGot().substr(0, 10), "421 4.3.0 ") << reply;
    EXPECT_TRUE(talk.dialogue().done()) << reply;
  }
}

// sendmail bounces the message at a 2xx to DATA, and at a 3xx to MAIL or RCPT.
TEST_P(LmtpDialogueTest, AReplyOfTheWrongKindIsA421) {
  const struct {
    std::string_view command, reply;
  } kRows[] = {{"MAIL FROM:<s@t>\r\n", "354 go\r\n"},
               {"RCPT TO:<a@b>\r\n", "334 x\r\n"},
               {"DATA\r\n", "250 ok\r\n"},
               {"DATA\r\n", "334 x\r\n"},
               {"BDAT 3\r\nabc", "354 go\r\n"},
               {"NOOP\r\n", "221 bye\r\n"},
               {"RCPT TO:<a@b>\r\n", "221 bye\r\n"}};
  for (const auto& row : kRows) {
    Talk talk(GetParam());
    talk.Backend("220 host\r\n");
    talk.Client(row.command);
    talk.ClientGot();
    talk.Backend(row.reply);
    EXPECT_EQ(talk.ClientGot().substr(0, 10), "421 4.3.0 ")
        << row.command << row.reply;
  }
}

// A server that ends with 221 has not taken the message.
TEST_P(LmtpDialogueTest, AGoodbyeInsteadOfTheMessagesReplyIsNoSuccess) {
  ToMessage({"a@b"});
  talk_.Client("x\r\n.\r\n");
  talk_.Backend("221 2.0.0 shutting down\r\n");
  EXPECT_EQ(talk_.ClientGot().substr(0, 10), "421 4.3.0 ");
}

TEST_P(LmtpDialogueTest, UserUnknownInAnyFormIsAskedAbout) {
  const std::vector<std::string_view> replies = {
      "511 no\r\n",
      "510 no\r\n",
      "512 no\r\n",
      "513 no\r\n",
      "516 no\r\n",
      "519\r\n",
      "511-a\r\n511 b\r\n",
      "550-5.1.1 a\r\n550 b\r\n",
      "554-a\r\n554-5.1.1 b\r\n554 c\r\n",
      "554-5.7.1 a\r\n554 5.1.1 b\r\n",
      "554-5.1.10 a\r\n554 5.7.1 b\r\n",
      "550 4.1.1 x\r\n",
      "503 5.1.1 User does not exist\r\n",
      "554 sorry, no mailbox here by that name (#5.1.1)\r\n",
      "550  \t5.1.1 x\r\n",
      "550 5.01.01 x\r\n",
      "554 5.0.0 x\r\n",
      "550 5.0.0 x\r\n",
      "550 5.4.1 Recipient address rejected: Access denied\r\n",
      "554 5.7.1 <a@b>: Relay access denied\r\n",
      "550 5.2.1 User Unknown\r\n",
      "550 5.7.1 no  such USER here\r\n",
      "554 5.3.0 x\r\n",
      "554 x\r\n",
      "551 x\r\n",
      "553 x\r\n",
      "550 5.1.8 x\r\n",
      "556 5.1.10 x\r\n",
      "550 Requested action not taken: mailbox unavailable\r\n",
      "550 <a@b>: unknown\r\n",
      "550 Recipient <a@b> does not exist\r\n",
  };
  const std::vector<std::string> a_b = {"a@b"};
  for (std::string_view reply : replies) {
    for (const bool proven : {false, true}) {
      const char heard = proven ? '5' : '4';
      Talk talk(GetParam());
      if (proven) talk.proven = a_b;
      talk.Backend("220 host\r\n");
      talk.Client("MAIL FROM:<s@t>\r\nRCPT TO:<a@b>\r\n");
      talk.Backend("250 ok\r\n");
      talk.ClientGot();
      talk.Backend(reply);
      EXPECT_EQ(talk.ClientGot()[0], heard) << "at RCPT: " << reply;
      EXPECT_EQ(talk.Asked(), a_b) << "at RCPT: " << reply;
      talk.Client("RCPT TO:<a@b>\r\nDATA\r\n");
      talk.Backend("250 ok\r\n354 go\r\n");
      talk.Client("x\r\n.\r\n");
      talk.ClientGot();
      talk.Backend(reply);
      EXPECT_EQ(talk.ClientGot()[0], heard) << "after the message: " << reply;
      EXPECT_EQ(talk.Asked(), a_b) << "after the message: " << reply;
    }
  }
}

TEST_P(LmtpDialogueTest, WhatIsSaidOfAMessageOrAMailboxStands) {
  ToMessage({"a@b", "a@b", "a@b", "a@b", "a@b", "a@b", "a@b", "a@b", "a@b"});
  Says("x\r\n.\r\n",
       "550 No Message-ID header provided\r\n"
       "550 5.2.1 disabled\r\n"
       "552 5.2.2 over quota\r\n"
       "522 over quota\r\n"
       "554 5.3.4 too big\r\n"
       "554 5.6.0 no header\r\n"
       "554 5.7.0 infected\r\n"
       "550-5.7.1 refused\r\n550 5.7.1 by policy\r\n"
       "552 too big\r\n");
  EXPECT_TRUE(talk_.Asked().empty());
}

// A server that took the recipient may mean the message by a bare 550; before
// it did, it means the recipient.
TEST_P(LmtpDialogueTest, ABare550IsAskedAboutAtRcptOnly) {
  Greet();
  Says("MAIL FROM:<s@t>\r\n", "250 ok\r\n");
  talk_.Client("RCPT TO:<a@b>\r\n");
  talk_.Backend("550 No Message-ID header provided\r\n");
  EXPECT_EQ(talk_.ClientGot(), "450 No Message-ID header provided\r\n");
  EXPECT_EQ(talk_.Asked(), std::vector<std::string>{"a@b"});
}

// A class of its own in a 4xx reply must not turn it into a bounce.
TEST_P(LmtpDialogueTest, AnEnhancedCodeAgreesWithItsTemporaryReply) {
  Greet();
  talk_.Client("MAIL FROM:<s@t>\r\nRCPT TO:<a@b>\r\n");
  talk_.Backend("450 5.3.0 a\r\n450-5.1.1 b\r\n450 5.1.1 c\r\n");
  EXPECT_EQ(talk_.ClientGot(), "450 4.3.0 a\r\n450-4.1.1 b\r\n450 4.1.1 c\r\n");
}

TEST_P(LmtpDialogueTest, OnlyTheTransactionThatIsRefusedIsDeferred) {
  ToMessage({"a@b"});
  Says("x\r\n.\r\n", "250 saved\r\n");
  talk_.Client("RSET\r\nMAIL FROM:<s@t>\r\n");
  talk_.Backend("250 ok\r\n503 5.5.1 nested MAIL\r\n");
  EXPECT_EQ(talk_.ClientGot(), "250 ok\r\n451 4.5.1 nested MAIL\r\n");
  talk_.BackendGot();
  Says("MAIL FROM:<s@t>\r\n", "250 ok\r\n");
  Says("RCPT TO:<a@b>\r\n", "250 ok\r\n");
  Says("DATA\r\n", "354 go\r\n");
  Says("x\r\n.\r\n", "250 saved\r\n");
}

TEST_P(LmtpDialogueTest, ALastChunkIsRefusedForEachRecipient) {
  Greet();
  Says("MAIL FROM:<s@t>\r\n", "250 ok\r\n");
  Says("RCPT TO:<a@b>\r\n", "250 ok\r\n");
  Says("RCPT TO:<c@d>\r\n", "250 ok\r\n");
  Says("RCPT TO:<e@f>\r\n", "250 ok\r\n");
  talk_.Client("BDAT 2\r\nxy");
  talk_.Backend("250 ok\r\n");
  talk_.Client("BDAT 3 LAST\r\nabc");
  talk_.Backend("250 a\r\n511 c\r\n554 5.3.0 e\r\n");
  EXPECT_EQ(talk_.ClientGot(), "250 ok\r\n250 a\r\n451 c\r\n451 4.3.0 e\r\n");
  EXPECT_EQ(talk_.Asked(), (std::vector<std::string>{"c@d", "e@f"}));
}

TEST_P(LmtpDialogueTest, ARefusedChunkIsTemporaryUnlessItIsTheMessage) {
  Greet();
  Says("MAIL FROM:<s@t>\r\n", "250 ok\r\n");
  Says("RCPT TO:<a@b>\r\n", "250 ok\r\n");
  talk_.Client("BDAT 2\r\nxyBDAT 2\r\nxyBDAT 2\r\nxy");
  talk_.Backend("554 5.3.0 disk\r\n550 5.1.1 who\r\n552 5.3.4 too big\r\n");
  EXPECT_EQ(talk_.ClientGot(),
            "451 4.3.0 disk\r\n450 4.1.1 who\r\n552 5.3.4 too big\r\n");
}

// The server took the bytes of the chunk for commands.
TEST_P(LmtpDialogueTest, ABdatThatTheServerDoesNotKnowIsA421) {
  for (std::string_view reply :
       {"500 what\r\n", "502 5.5.1 no\r\n", "501 5.5.4 no\r\n"}) {
    Talk talk(GetParam());
    talk.Backend("220 host\r\n");
    talk.Client("MAIL FROM:<s@t>\r\nRCPT TO:<a@b>\r\nBDAT 3 LAST\r\nabc");
    talk.Backend("250 ok\r\n250 ok\r\n");
    talk.ClientGot();
    talk.Backend(reply);
    EXPECT_EQ(talk.ClientGot().substr(0, 10), "421 4.3.0 ") << reply;
  }
}

// sendmail and Postfix ask for TLS only where it is offered, and it is not.
TEST_P(LmtpDialogueTest, OurOwnRefusalOfTlsIsTemporary) {
  Greet();
  talk_.Client("STARTTLS\r\n");
  EXPECT_EQ(talk_.ClientGot().substr(0, 10), "454 4.7.0 ");
}

}  // namespace
}  // namespace mailverdict::deliver

// Blindness: after input that the backend may count differently, no 5xx passes.

#include <string>
#include <string_view>
#include <vector>

#include "adapters/deliver/lmtp/dialogue.h"
#include "adapters/deliver/lmtp/dialogue_testing.h"
#include "gtest/gtest.h"

namespace mailverdict::deliver {
namespace {

using namespace std::literals;

INSTANTIATE_TEST_SUITE_P(Splits, LmtpDialogueTest,
                         ::testing::Values(1, 2, 7, 100000));

TEST_P(LmtpDialogueTest, IsBlindAfterALineThatIsNotPlain) {
  Greet();
  Says("RCPT TO:<a@b>\0\r\n"sv, "");
  ExpectBlind();
}

TEST_P(LmtpDialogueTest, IsBlindAfterALongLine) {
  Greet();
  Says("NOOP " + std::string(kMaxCommandBytes, 'x') + "\r\n", "");
  ExpectBlind();
}

TEST_P(LmtpDialogueTest, IsNotBlindAfterTheLongestLine) {
  Greet();
  Says("NOOP " + std::string(kMaxCommandBytes - 7, 'x') + "\r\n", "250 ok\r\n");
  talk_.Client("RCPT TO:<a@b>\r\n");
  talk_.Backend("550 5.1.1 no\r\n");
  EXPECT_EQ(talk_.Asked(), std::vector<std::string>{"a@b"});
}

TEST_P(LmtpDialogueTest, IsBlindAfterAnUnknownCommand) {
  Greet();
  Says("BURL imap://x LAST\r\n", "");
  ExpectBlind();
}

TEST_P(LmtpDialogueTest, IsBlindAfterADotThatMayBeTheEnd) {
  for (std::string_view message : {"x\n.\nx", "x\r\n.\nx", "x\n.\r\nx"}) {
    Talk fresh(GetParam());
    fresh.Backend("220 host\r\n");
    fresh.Client("MAIL FROM:<s@t>\r\nRCPT TO:<a@b>\r\nDATA\r\n");
    fresh.Backend("250 ok\r\n250 ok\r\n354 go\r\n");
    fresh.BackendGot();
    fresh.Client(message);
    EXPECT_EQ(fresh.BackendGot(), message);
    fresh.ClientGot();
    // What a stranger put into the message may be commands for the backend,
    // whose replies would be taken for those to the commands behind it.
    fresh.proven = {"a@b", ""};
    fresh.Client(
        "\r\nNOOP\r\nRCPT TO:<x@y>\r\n.\r\n"
        "MAIL FROM:<s@t>\r\nRCPT TO:<a@b>\r\n");
    fresh.Backend("250 saved\r\n250 noop\r\n550 5.1.1 x\r\n");
    EXPECT_EQ(fresh.ClientGot(), "250 saved\r\n250 noop\r\n450 4.1.1 x\r\n");
    EXPECT_TRUE(fresh.Asked().empty());
  }
}

TEST_P(LmtpDialogueTest, IsBlindAfterAMalformedBdat) {
  Greet();
  Says("BDAT 01\r\n", "");
  ExpectBlind();
}

TEST_P(LmtpDialogueTest, IsBlindAfterALastChunkRefusedForSeveral) {
  Greet();
  Says("MAIL FROM:<s@t>\r\n", "250 ok\r\n");
  Says("RCPT TO:<a@b>\r\n", "250 ok\r\n");
  Says("RCPT TO:<c@d>\r\n", "250 ok\r\n");
  talk_.Client("BDAT 3 LAST\r\nabc");
  talk_.Backend("552 5.3.4 too big\r\n");
  EXPECT_EQ(talk_.ClientGot(), "451 4.3.4 too big\r\n");
  talk_.BackendGot();
  ExpectBlind();
}

TEST_P(LmtpDialogueTest, IsBlindAfterALastChunkForNobody) {
  Greet();
  talk_.Client("BDAT 3 LAST\r\nabcRCPT TO:<a@b>\r\n");
  talk_.BackendGot();
  talk_.proven = {"a@b"};
  talk_.Backend("550 5.1.1 a\r\n");  // Dovecot: to RCPT
  EXPECT_EQ(talk_.ClientGot(), "450 4.1.1 a\r\n");
  ExpectBlind();
}

TEST_P(LmtpDialogueTest, EndsWhenARecipientIsRefusedBeforeTheEnd) {
  ToMessage({"a@b"});
  talk_.Client("half of it");
  talk_.proven = {"", "a@b"};
  talk_.Backend("550 5.1.1 a\r\n");
  EXPECT_EQ(talk_.ClientGot(),
            "421 4.3.0 the mailbox server is out of step: 550 5.1.1 a\r\n");
}

// The greeting is one more reply that it cannot place.
TEST_P(LmtpDialogueTest, IsBlindBeforeTheGreeting) {
  talk_.Client("\x16\x03\x01\r\n");
  talk_.Backend("554 5.3.2 not today\r\n");
  EXPECT_EQ(talk_.ClientGot(), "451 4.3.2 not today\r\n");
}

}  // namespace
}  // namespace mailverdict::deliver

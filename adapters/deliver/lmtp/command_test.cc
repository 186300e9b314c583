#include "adapters/deliver/lmtp/command.h"

#include <vector>

#include "gtest/gtest.h"

namespace mailverdict::deliver {
namespace {

using namespace std::literals;
using Result = MessageEnd::Result;

TEST(ParseCommand, FindsVerbAndArgument) {
  const auto rcpt = ParseCommand("rcpt TO:<a@b> X=y\r\n");
  ASSERT_TRUE(rcpt.has_value());
  EXPECT_EQ(rcpt->verb, Verb::kRcpt);
  EXPECT_EQ(rcpt->argument, "TO:<a@b> X=y");
  EXPECT_EQ(ParseCommand("DATA\n")->verb, Verb::kData);
  EXPECT_EQ(ParseCommand("data \r\n")->verb, Verb::kData);
  EXPECT_EQ(ParseCommand("DATAX\r\n")->verb, Verb::kUnknown);
  EXPECT_EQ(ParseCommand("BURL imap://x LAST\r\n")->verb, Verb::kUnknown);
  EXPECT_EQ(ParseCommand("MAIL FROM:<\xc3\xa4@b>\r\n")->verb, Verb::kMail);
}

TEST(ParseCommand, RefusesLinesThatServersReadDifferently) {
  for (std::string_view line :
       {"\r\n"sv, "\n"sv, " DATA\r\n"sv, "DATA\t\r\n"sv, "DATA\r\r\n"sv,
        "DA\0TA\r\n"sv, "DATA\0\r\n"sv, "RCPT TO:<a\rb>\r\n"sv, "DATA;\r\n"sv,
        "1\r\n"sv, "NOOP \x7f\r\n"sv}) {
    EXPECT_FALSE(ParseCommand(line).has_value()) << line;
  }
}

TEST(RecipientOf, TakesWhatIsInBrackets) {
  EXPECT_EQ(RecipientOf("TO:<jane@example.org>"), "jane@example.org");
  EXPECT_EQ(RecipientOf("to: <jane> NOTIFY=NEVER"), "jane");
  EXPECT_EQ(RecipientOf("TO:<\"a > b\"@c>"), "\"a > b\"@c");
  EXPECT_EQ(RecipientOf("TO:<\"a\\\" > b\"@c>"), "\"a\\\" > b\"@c");
  EXPECT_EQ(RecipientOf("TO:<@x,@y:a@b>"), "@x,@y:a@b");
}

TEST(RecipientOf, DoesNotGuess) {
  for (std::string argument :
       {"", "TO", "TO:", "TO:<", "TO:<a", "TO:a@b", "FROM:<a@b>", "TO:<a>b",
        "TO:<a b>", "TO:<a<b>", "TO:<\"a>", "TO:<\"a\\", "TO:<>"}) {
    EXPECT_EQ(RecipientOf(argument), "") << argument;
  }
  const std::string longest(kMaxRecipientBytes, 'a');
  EXPECT_EQ(RecipientOf("TO:<" + longest + ">"), longest);
  EXPECT_EQ(RecipientOf("TO:<" + longest + "a>"), "");
}

TEST(ParseChunk, TakesASizeAndLast) {
  EXPECT_EQ(ParseChunk("0")->bytes, 0u);
  EXPECT_FALSE(ParseChunk("1000")->last);
  EXPECT_EQ(ParseChunk("1000 last")->bytes, 1000u);
  EXPECT_TRUE(ParseChunk("1000 last")->last);
  for (const char* argument :
       {"", "x", "-1", "1x", "1 ", "1  LAST", "1 LAST ", "1 LAST X", "1 LOST",
        "01", "9999999999999999999", " 1"}) {
    EXPECT_FALSE(ParseChunk(argument).has_value()) << argument;
  }
}

// The result, and the length before which it came, for any split in two.
Result Scan(std::string_view message, size_t* length) {
  *length = message.size();
  const Result result = MessageEnd().Scan(message, length);
  for (size_t cut = 0; cut < message.size(); ++cut) {
    MessageEnd end;
    size_t found = 0;
    const Result early = end.Scan(message.substr(0, cut), &found);
    if (early != Result::kMore) {
      EXPECT_EQ(early, result) << cut;
      EXPECT_EQ(found, *length) << cut;
      continue;
    }
    found = message.size() - cut;
    EXPECT_EQ(end.Scan(message.substr(cut), &found), result) << cut;
    EXPECT_EQ(cut + found, *length) << cut;
  }
  return result;
}

TEST(MessageEnd, IsADotBetweenCrLfs) {
  for (std::string_view message :
       {".\r\n"sv, "\r\n.\r\n"sv, "a\r\n.\r\n"sv, "a\r\n..\r\n.\r\n"sv,
        "a\r\r\n.\r\n"sv, ".a\r\n.\r\n"sv, "\n\r\n.\r\n"sv, ".\r\r\n.\r\n"sv,
        "a\n.b\r\n.\r\n"sv, "\0\r\n.\r\n"sv, ".\ra\r\n.\r\n"sv}) {
    for (std::string_view behind : {"", "QUIT\r\n", ".\r\n"}) {
      size_t length = 0;
      EXPECT_EQ(Scan(std::string(message) + std::string(behind), &length),
                Result::kEnd)
          << message;
      EXPECT_EQ(length, message.size()) << message;
    }
  }
}

TEST(MessageEnd, IsUnclearWithoutAllItsCrs) {
  for (std::string_view message :
       {".\n", "\r\n.\n", "\n.\r\n", "\n.\n", "a\n\n.\n", "a\n.\r\n"}) {
    size_t length = 0;
    EXPECT_EQ(Scan(std::string(message) + "RCPT TO:<a>\r\n", &length),
              Result::kUnclear)
        << message;
    EXPECT_EQ(length, message.size()) << message;
  }
}

TEST(MessageEnd, IsNothingElse) {
  for (std::string_view message :
       {"", ".", ".\r", "..\r\n", "a.\r\n", "\r.\r\n", "a\r\n.\r", "a\r\n..\n",
        "\n..\r\n", ". \r\n", "\r\n \r\n"}) {
    size_t length = 0;
    EXPECT_EQ(Scan(message, &length), Result::kMore) << message;
  }
}

}  // namespace
}  // namespace mailverdict::deliver

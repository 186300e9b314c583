#include "adapters/deliver/lmtp/reply.h"

#include "gtest/gtest.h"

namespace mailverdict::deliver {
namespace {

using namespace std::literals;
using Result = ReplyReader::Result;

// What a reader says of a stream that is seen byte by byte.
Result ReadBySteps(std::string_view stream, size_t* length) {
  ReplyReader reader;
  for (size_t end = 1; end < stream.size(); ++end) {
    const Result result = reader.Next(stream.substr(0, end), length);
    if (result != Result::kMore) return result;
  }
  return reader.Next(stream, length);
}

// Both ways of reading must agree.
Result Read(std::string_view stream, size_t* length) {
  size_t step_length = 0;
  *length = 0;
  const Result result = ReplyReader().Next(stream, length);
  EXPECT_EQ(ReadBySteps(stream, &step_length), result) << stream;
  EXPECT_EQ(step_length, *length) << stream;
  return result;
}

TEST(ReplyReader, EndsAReplyAtItsLastLine) {
  for (std::string_view reply :
       {"250 ok\r\n"sv, "250\r\n"sv, "250 \r\n"sv, "250-a\r\n250 b\r\n"sv,
        "250 ok\n"sv, "250-a\n250\n"sv, "250-\r\n250-\r\n250 \r\n"sv,
        "250 with a NUL\0and more\r\n"sv}) {
    size_t length = 0;
    EXPECT_EQ(Read(reply, &length), Result::kOne) << reply;
    EXPECT_EQ(length, reply.size()) << reply;
  }
}

TEST(ReplyReader, FindsOneReplyAfterAnother) {
  const std::string_view stream = "250-a\r\n250 b\r\n354 go\r\n";
  ReplyReader reader;
  size_t length = 0;
  ASSERT_EQ(reader.Next(stream, &length), Result::kOne);
  EXPECT_EQ(stream.substr(0, length), "250-a\r\n250 b\r\n");
  ASSERT_EQ(reader.Next(stream.substr(length), &length), Result::kOne);
  EXPECT_EQ(length, 8u);
}

TEST(ReplyReader, DoesNotTakeATornReplyForOne) {
  for (std::string_view torn :
       {"", "2", "250", "250 2", "250 ok", "250 ok\r", "250-a\r\n",
        "250-a\r\n250", "250-a\r\n250 b\r"}) {
    size_t length = 0;
    EXPECT_EQ(Read(torn, &length), Result::kMore) << torn;
  }
}

TEST(ReplyReader, RefusesWhatIsNoReply) {
  for (std::string_view bytes :
       {"\r\n", "\n", "25\r\n", "hello\r\n", "250x\r\n", "250\tx\r\n",
        "250\rx\r\n", "150 x\r\n", "650 x\r\n", " 250 x\r\n",
        "250-a\r\n550 b\r\n", "250-a\r\nb\r\n", "\x16\x03\x01 \n"}) {
    size_t length = 0;
    EXPECT_EQ(Read(bytes, &length), Result::kMalformed) << bytes;
  }
}

TEST(Softened, ChangesTheCodesOnly) {
  EXPECT_EQ(Softened("550 5.1.1 no 550 5.1.1\r\n"),
            "450 4.1.1 no 550 5.1.1\r\n");
  EXPECT_EQ(Softened("550 no\n"), "450 no\n");
  EXPECT_EQ(Softened("551\r\n"), "451\r\n");
  EXPECT_EQ(Softened("553 5.1.3 no\r\n"), "451 4.1.3 no\r\n");
  EXPECT_EQ(Softened("554 5.1.1: no\r\n"), "451 4.1.1: no\r\n");
  EXPECT_EQ(Softened("552 5.2.2 full\r\n"), "451 4.2.2 full\r\n");
  EXPECT_EQ(Softened("550-a\r\n550-5.1.1 b\r\n550 5.1.1 c\r\n"),
            "450-a\r\n450-4.1.1 b\r\n450 4.1.1 c\r\n");
  EXPECT_EQ(Softened("550 4.1.1 x\r\n"), "450 4.1.1 x\r\n");
  EXPECT_EQ(Softened("550 2.1.5 x\r\n"), "450 4.1.5 x\r\n");
  EXPECT_EQ(Softened("550 \t 5.1.1 x\r\n"), "450 \t 4.1.1 x\r\n");
  EXPECT_EQ(Softened("511\n"), "451\n");
}

TEST(Softened, LeavesTheCodeOfATemporaryReply) {
  EXPECT_EQ(Softened("452 4.3.1 full\r\n"), "452 4.3.1 full\r\n");
  EXPECT_EQ(Softened("450-5.1.1 a\r\n450 b\r\n"), "450-4.1.1 a\r\n450 b\r\n");
  EXPECT_EQ(Softened("421\r\n"), "421\r\n");
}

TEST(EnhancedCode, StandsAtTheFrontOfAText) {
  for (const char* text : {"5.1.1", "5.1.1 no", " 5.1.1 no", "\t5.1.1: no",
                           "5.1.1<a@b>", "5.01.001 no", "5.1.1-"}) {
    const std::optional<EnhancedCode> code = EnhancedCodeOf(text);
    ASSERT_TRUE(code.has_value()) << text;
    EXPECT_EQ(code->status_class, 5) << text;
    EXPECT_EQ(code->subject, 1) << text;
    EXPECT_EQ(code->detail, 1) << text;
  }
  for (const char* text :
       {"", "5", "5.", "5.1", "5.1.", "5.1.1.4", "6.1.1", "no 5.1.1", "5..1",
        "5.1.1000", "5 .1.1", "-5.1.1"}) {
    EXPECT_FALSE(EnhancedCodeOf(text).has_value()) << text;
  }
}

TEST(OneLine, JoinsTheLines) {
  EXPECT_EQ(OneLine("550-a\r\n550 5.1.1 b\r\n"), "550-a / 550 5.1.1 b");
  EXPECT_EQ(OneLine("550\n"), "550");
}

TEST(WithoutStartTls, TakesTheLineOut) {
  EXPECT_EQ(WithoutStartTls("250-host\r\n250-STARTTLS\r\n250 8BITMIME\r\n"),
            "250-host\r\n250 8BITMIME\r\n");
  EXPECT_EQ(WithoutStartTls("250-host\r\n250-8BITMIME\r\n250 starttls\r\n"),
            "250-host\r\n250 8BITMIME\r\n");
  EXPECT_EQ(WithoutStartTls("250-host\n250 STARTTLS \n"), "250 host\n");
}

TEST(WithoutStartTls, LeavesTheRest) {
  for (const char* reply :
       {"250 STARTTLS\r\n", "250-STARTTLS\r\n250 SIZE\r\n", "250\r\n",
        "250-a\r\n250\r\n", "250-a\r\n250-XSTARTTLS\r\n250 STARTTLSX\r\n",
        "250-a\r\n250-PIPELINING\r\n250 AUTH STARTTLS\r\n"}) {
    EXPECT_EQ(WithoutStartTls(reply), reply);
  }
}

}  // namespace
}  // namespace mailverdict::deliver

#include "adapters/milter/codec/reply_packet.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace mailverdict::milter {
namespace {

using namespace std::string_literals;

constexpr Agreement kPlain = {};
constexpr Agreement kBlanks = {6, 0, step::kLeadingBlank};

// The bytes of a reply, or "error: " and the reason.
std::string Bytes(const absl::StatusOr<ReplyPacket>& reply) {
  if (!reply.ok()) return "error: " + std::string(reply.status().message());
  return reply->bytes();
}

bool Code(std::string_view code, std::string_view enhanced,
          std::string_view text) {
  return ReplyPacket::Code(code, enhanced, text).ok();
}

TEST(ReplyPacket, WritesOneLetterWhereThereIsNoMore) {
  EXPECT_EQ(ReplyPacket::Continue().bytes(), "\0\0\0\x01"s + "c");
  EXPECT_EQ(ReplyPacket::Skip().bytes(), "\0\0\0\x01s"s);
  EXPECT_EQ(ReplyPacket::Accept().bytes(), "\0\0\0\x01"s + "a");
  EXPECT_EQ(ReplyPacket::Discard().bytes(), "\0\0\0\x01"s + "d");
  EXPECT_EQ(ReplyPacket::Reject().bytes(), "\0\0\0\x01r"s);
  EXPECT_EQ(ReplyPacket::Tempfail().bytes(), "\0\0\0\x01t"s);
  EXPECT_EQ(ReplyPacket::Progress().bytes(), "\0\0\0\x01p"s);
}

TEST(ReplyPacketCode, EndsInOneNul) {
  EXPECT_EQ(Bytes(ReplyPacket::Code("451", "4.4.3", "try again later")),
            "\0\0\0\x1by451 4.4.3 try again later\0"s);
  EXPECT_EQ(Bytes(ReplyPacket::Code("550", "5.1.1", "unknown")),
            "\0\0\0\x13y550 5.1.1 unknown\0"s);
  EXPECT_EQ(Bytes(ReplyPacket::Code("421", "4.7.0", "bye")),
            "\0\0\0\x0fy421 4.7.0 bye\0"s);
}

TEST(ReplyPacketCode, EscapesPercentSigns) {
  EXPECT_EQ(Bytes(ReplyPacket::Code("550", "5.1.1", "100%s")),
            "\0\0\0\x12y550 5.1.1 100%%s\0"s);
  EXPECT_EQ(Bytes(ReplyPacket::Code("550", "5.1.1", "%%")),
            "\0\0\0\x10y550 5.1.1 %%%%\0"s);
}

TEST(ReplyPacketCode, RefusesATextThatIsNotOneOfSmtp) {
  EXPECT_TRUE(Code("451", "4.0.0", "a\tb ~"));
  for (int c = 0; c < 256; ++c) {
    const bool good = c == '\t' || (c >= ' ' && c <= '~');
    EXPECT_EQ(Code("451", "4.0.0", "a" + std::string(1, static_cast<char>(c))),
              good)
        << c;
  }
  EXPECT_FALSE(Code("451", "4.0.0", ""));
}

TEST(ReplyPacketCode, RefusesACodeThatSaysNoOrLaterInOtherWords) {
  for (const char* code : {"", "4", "45", "4511", "250", "354", "651", "4a1",
                           "45 ", " 451", "-51"}) {
    EXPECT_FALSE(Code(code, "4.0.0", "text")) << code;
    EXPECT_FALSE(Code(code, "5.0.0", "text")) << code;
  }
}

TEST(ReplyPacketCode, RefusesAnEnhancedStatusOfAnotherClass) {
  EXPECT_FALSE(Code("550", "4.1.1", "text"));
  EXPECT_FALSE(Code("450", "5.1.1", "text"));
  EXPECT_FALSE(Code("450", "2.1.1", "text"));
}

TEST(ReplyPacketCode, RefusesAnEnhancedStatusThatIsNone) {
  EXPECT_TRUE(Code("450", "4.999.999", "text"));
  for (const char* enhanced :
       {"", "4", "4.", "4.1", "4.1.", "4..1", "4.1000.1", "4.1.1000", "4.01.1",
        "4.1.1 ", "4.1.1.1", " 4.1.1", "4.a.1"}) {
    EXPECT_FALSE(Code("450", enhanced, "text")) << enhanced;
  }
}

TEST(ReplyPacketCode, TakesTheLongestTextAndNotAByteMore) {
  EXPECT_TRUE(Code("450", "4.0.0", std::string(kMaxReplyTextBytes, 'x')));
  EXPECT_FALSE(Code("450", "4.0.0", std::string(kMaxReplyTextBytes + 1, 'x')));
  EXPECT_TRUE(Code("450", "4.0.0", std::string(kMaxReplyTextBytes / 2, '%')));
  EXPECT_FALSE(
      Code("450", "4.0.0", std::string(kMaxReplyTextBytes / 2 + 1, '%')));
}

TEST(ReplyPacketQuarantine, EndsInOneNul) {
  EXPECT_EQ(Bytes(ReplyPacket::Quarantine("a virus: 100%")),
            "\0\0\0\x0fqa virus: 100%\0"s);
}

TEST(ReplyPacketQuarantine, RefusesAReasonThatTheMtaWouldCut) {
  const std::string longest(kMaxQuarantineReasonBytes, 'x');
  EXPECT_TRUE(ReplyPacket::Quarantine(longest).ok());
  EXPECT_FALSE(ReplyPacket::Quarantine(longest + "x").ok());
  EXPECT_FALSE(ReplyPacket::Quarantine("").ok());
  EXPECT_FALSE(ReplyPacket::Quarantine("a\0b"s).ok());
  EXPECT_FALSE(ReplyPacket::Quarantine("a\nb").ok());
}

TEST(ReplyPacketField, IsANameAndAValueWithANulEach) {
  EXPECT_EQ(Bytes(ReplyPacket::AddField(kPlain, {"X-A", {"b c"}})),
            "\0\0\0\x09hX-A\0b c\0"s);
  EXPECT_EQ(Bytes(ReplyPacket::InsertField(kPlain, 0, {"X-A", {"b"}})),
            "\0\0\0\x0bi\0\0\0\0X-A\0b\0"s);
  EXPECT_EQ(Bytes(ReplyPacket::ChangeField(kPlain, 258, {"X-A", {"b"}})),
            "\0\0\0\x0bm\0\0\x01\x02X-A\0b\0"s);
  EXPECT_EQ(Bytes(ReplyPacket::DeleteField("X-A", 1)),
            "\0\0\0\x0am\0\0\0\x01X-A\0\0"s);
}

TEST(ReplyPacketField, BeginsWithABlankIfThatWasAgreedOn) {
  EXPECT_EQ(Bytes(ReplyPacket::AddField(kBlanks, {"X-A", {"b"}})),
            "\0\0\0\x08hX-A\0 b\0"s);
  EXPECT_EQ(Bytes(ReplyPacket::InsertField(kBlanks, 1, {"X-A", {"b"}})),
            "\0\0\0\x0ci\0\0\0\x01X-A\0 b\0"s);
  EXPECT_EQ(Bytes(ReplyPacket::ChangeField(kBlanks, 1, {"X-A", {"b"}})),
            "\0\0\0\x0cm\0\0\0\x01X-A\0 b\0"s);
}

TEST(ReplyPacketField, IsFoldedBetweenItsLines) {
  EXPECT_EQ(Bytes(ReplyPacket::AddField(kPlain, {"X-A", {"b;", "c;", "d"}})),
            "\0\0\0\x0fhX-A\0b;\n\tc;\n\td\0"s);
}

TEST(ReplyPacketField, RefusesWhatWouldBeginAnotherField) {
  for (int c = 0; c < 256; ++c) {
    const std::string line = "a" + std::string(1, static_cast<char>(c)) + "b";
    const bool good = c == '\t' || (c >= ' ' && c != 127);
    EXPECT_EQ(ReplyPacket::AddField(kPlain, {"X", {line}}).ok(), good) << c;
    EXPECT_EQ(ReplyPacket::AddField(kPlain, {"X", {"first", line}}).ok(), good);
    EXPECT_EQ(ReplyPacket::InsertField(kPlain, 0, {"X", {line}}).ok(), good);
    EXPECT_EQ(ReplyPacket::ChangeField(kPlain, 1, {"X", {line}}).ok(), good);
  }
}

TEST(ReplyPacketField, RefusesANameThatIsNone) {
  for (int c = 0; c < 256; ++c) {
    const std::string name(1, static_cast<char>(c));
    const bool good = c > ' ' && c <= '~' && c != ':';
    EXPECT_EQ(ReplyPacket::AddField(kPlain, {name, {"a"}}).ok(), good) << c;
    EXPECT_EQ(ReplyPacket::DeleteField(name, 1).ok(), good) << c;
  }
  EXPECT_FALSE(ReplyPacket::AddField(kPlain, {"", {"a"}}).ok());
  EXPECT_FALSE(ReplyPacket::DeleteField("", 1).ok());
}

TEST(ReplyPacketField, RefusesAValueThatWouldDeleteTheField) {
  EXPECT_FALSE(ReplyPacket::ChangeField(kPlain, 1, {"X", {}}).ok());
  EXPECT_FALSE(ReplyPacket::ChangeField(kPlain, 1, {"X", {""}}).ok());
  EXPECT_FALSE(ReplyPacket::AddField(kPlain, {"X", {" \t "}}).ok());
  EXPECT_FALSE(ReplyPacket::AddField(kPlain, {"X", {"a", " "}}).ok());
}

TEST(ReplyPacketField, TakesTheLongestLineAndNotAByteMore) {
  const std::string first(kMaxFieldLineBytes - 3, 'x');   // behind "X: "
  const std::string second(kMaxFieldLineBytes - 1, 'x');  // behind a tab
  EXPECT_TRUE(ReplyPacket::AddField(kPlain, {"X", {first, second}}).ok());
  EXPECT_FALSE(ReplyPacket::AddField(kPlain, {"X", {first + "x"}}).ok());
  EXPECT_FALSE(ReplyPacket::AddField(kPlain, {"X", {"a", second + "x"}}).ok());
}

TEST(ReplyPacketField, TakesTheLongestFieldAndNotAByteMore) {
  // Each line of 997 bytes takes a LF and a tab, too.
  std::vector<std::string> texts(65, std::string(997, 'x'));
  texts.insert(texts.begin(), "x");
  const auto add = [&] {
    NewField field{"X", {texts.begin(), texts.end()}};
    return ReplyPacket::AddField(kPlain, field);
  };
  // "X" NUL "x" and NUL, 65 lines, and what is left for one more.
  texts.emplace_back(kMaxReplyDataBytes - 4 - 65 * 999 - 2, 'y');
  ASSERT_TRUE(add().ok());
  EXPECT_EQ(add()->bytes().size(), 4 + 1 + kMaxReplyDataBytes);
  texts.back() += 'y';
  EXPECT_FALSE(add().ok());
}

TEST(ReplyPacketField, TakesTheGreatestIndexAndNotOneMore) {
  const NewField field = {"X", {"a"}};
  EXPECT_TRUE(ReplyPacket::InsertField(kPlain, kMaxFieldIndex, field).ok());
  EXPECT_FALSE(
      ReplyPacket::InsertField(kPlain, kMaxFieldIndex + 1, field).ok());
  EXPECT_TRUE(ReplyPacket::ChangeField(kPlain, kMaxFieldIndex, field).ok());
  EXPECT_FALSE(
      ReplyPacket::ChangeField(kPlain, kMaxFieldIndex + 1, field).ok());
  EXPECT_FALSE(ReplyPacket::ChangeField(kPlain, 0, field).ok());
  EXPECT_FALSE(ReplyPacket::DeleteField("X", 0).ok());
  EXPECT_FALSE(ReplyPacket::DeleteField("X", kMaxFieldIndex + 1).ok());
}

}  // namespace
}  // namespace mailverdict::milter

#include "lib/mail/escape.h"

#include <gtest/gtest.h>

namespace mailverdict::mail {
namespace {

TEST(EscapeLine, LeavesPrintableAsciiAsItIs) {
  for (const char* text : {"", "a", "0123456789abcdef ~", "back\\slash \"q\""}) {
    EXPECT_EQ(EscapeLine(text), text);
    EXPECT_TRUE(IsPlain(text)) << text;
  }
}

TEST(EscapeLine, LeavesNothingThatDrivesATerminalOrEndsALine) {
  EXPECT_EQ(EscapeLine("a\x1b[2Jb"), "a\\x1b[2Jb");
  EXPECT_EQ(EscapeLine("\x07"), "\\x07");
  EXPECT_EQ(EscapeLine("a\r\nb"), "a\\x0d\\x0ab");
  EXPECT_EQ(EscapeLine("\xe2\x80\xae"), "\\xe2\\x80\\xae");  // U+202E
  EXPECT_EQ(EscapeLine("\x7f"), "\\x7f");
  EXPECT_EQ(EscapeLine({"\0", 1}), "\\x00");
}

// Eight bytes are looked at together.
TEST(EscapeLine, FindsAByteWhereverItStands) {
  for (int byte = 0; byte < 256; ++byte) {
    const bool plain = byte >= ' ' && byte <= '~';
    for (size_t at = 0; at < 20; ++at) {
      std::string text(20, 'x');
      text[at] = static_cast<char>(byte);
      const std::string escaped = EscapeLine(text);
      EXPECT_EQ(escaped.size(), plain ? 20u : 23u) << byte << " at " << at;
      EXPECT_EQ(IsPlain(text), plain) << byte << " at " << at;
      EXPECT_TRUE(IsPlain(escaped)) << byte << " at " << at;
      EXPECT_EQ(EscapeLine(escaped), escaped) << byte << " at " << at;
    }
  }
}

TEST(EscapeUpTo, LeavesAShortPlainTextAsItIs) {
  EXPECT_EQ(EscapeUpTo("", 10), "");
  EXPECT_EQ(EscapeUpTo("0123456789", 10), "0123456789");
}

TEST(EscapeUpTo, CutsALongTextAndSaysSo) {
  EXPECT_EQ(EscapeUpTo("0123456789a", 10), "0123456789...");
}

TEST(EscapeUpTo, CountsTheEscapedBytesAndCutsNoEscape) {
  EXPECT_EQ(EscapeUpTo("\xc3\xa4", 8), "\\xc3\\xa4");
  EXPECT_EQ(EscapeUpTo("a\xc3\xa4", 8), "a\\xc3...");
  EXPECT_EQ(EscapeUpTo("\n", 3), "...");
}

}  // namespace
}  // namespace mailverdict::mail

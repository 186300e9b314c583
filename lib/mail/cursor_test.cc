#include "lib/mail/cursor.h"

#include <gtest/gtest.h>

#include <string>

namespace mailverdict::mail {
namespace {

bool IsX(char c) { return c == 'x'; }

TEST(CursorTest, AtTheEndNothingIsReadAndNothingMoves) {
  Cursor in("");
  EXPECT_TRUE(in.done());
  EXPECT_EQ(in.Peek(), std::nullopt);
  EXPECT_EQ(in.Next(), std::nullopt);
  EXPECT_FALSE(in.Skip('x'));
  EXPECT_FALSE(in.Skip("x"));
  EXPECT_EQ(in.TakeWhile(IsX), "");
  EXPECT_EQ(in.Decimal(9), std::nullopt);
  EXPECT_EQ(in.offset(), 0u);
  EXPECT_EQ(in.remaining(), 0u);
  EXPECT_EQ(in.rest(), "");
}

TEST(CursorTest, PeekLooksAndNextSteps) {
  Cursor in("ab");
  EXPECT_EQ(in.Peek(), 'a');
  EXPECT_EQ(in.Next(), 'a');
  EXPECT_EQ(in.Next(), 'b');
  EXPECT_TRUE(in.done());
}

TEST(CursorTest, ANulIsAByteLikeAnyOther) {
  Cursor in(std::string_view("\0b", 2));
  EXPECT_EQ(in.Next(), '\0');
  EXPECT_EQ(in.rest(), "b");
}

TEST(CursorTest, SkipStepsOverAllOfAWordOrNothing) {
  Cursor in("abc");
  EXPECT_FALSE(in.Skip("abd"));
  EXPECT_FALSE(in.Skip("abcd"));
  EXPECT_EQ(in.offset(), 0u);
  EXPECT_TRUE(in.Skip("ab"));
  EXPECT_FALSE(in.Skip('b'));
  EXPECT_TRUE(in.Skip('c'));
  EXPECT_TRUE(in.done());
}

TEST(CursorTest, TakeGivesAllThatWasAskedForOrNothing) {
  Cursor in("abc");
  EXPECT_EQ(in.Take(4), std::nullopt);
  EXPECT_EQ(in.Take(std::string::npos), std::nullopt);
  EXPECT_EQ(in.offset(), 0u);
  EXPECT_EQ(in.Take(2), "ab");
  EXPECT_EQ(in.Take(0), "");
  EXPECT_EQ(in.Take(1), "c");
  EXPECT_TRUE(in.done());
}

TEST(CursorTest, TakeWhileTakesTheLongestRun) {
  Cursor in("xxyx");
  EXPECT_EQ(in.TakeWhile(IsX), "xx");
  EXPECT_EQ(in.TakeWhile(IsX), "");
  EXPECT_EQ(in.rest(), "yx");
}

TEST(CursorTest, SinceGivesWhatWasReadAndNothingFromAhead) {
  Cursor in("abcd");
  in.Take(1);
  const size_t begin = in.offset();
  in.Take(2);
  EXPECT_EQ(in.Since(begin), "bc");
  EXPECT_EQ(in.Since(3), "");
  EXPECT_EQ(in.Since(4), "");
}

TEST(CursorTest, ACopyLooksAheadAndLeavesTheOriginal) {
  const Cursor in("ab");
  Cursor ahead = in;
  ahead.Next();
  EXPECT_EQ(ahead.offset(), 1u);
  EXPECT_EQ(in.offset(), 0u);
}

TEST(CursorTest, DecimalReadsOneCanonicalNumber) {
  struct Case {
    const char* text;
    int max_digits;
    std::optional<uint64_t> value;
    size_t read;
  };
  const Case kCases[] = {
      {"0", 9, 0, 1},
      {"10,", 9, 10, 2},
      {"01", 9, std::nullopt, 0},
      {"00", 9, std::nullopt, 0},
      {"-1", 9, std::nullopt, 0},
      {"+1", 9, std::nullopt, 0},
      {" 1", 9, std::nullopt, 0},
      {"999", 3, 999, 3},
      {"1000", 3, std::nullopt, 0},
      {"9999999999999999999", 19, 9999999999999999999u, 19},
      {"10000000000000000000", 19, std::nullopt, 0},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.text);
    Cursor in(c.text);
    EXPECT_EQ(in.Decimal(c.max_digits), c.value);
    EXPECT_EQ(in.offset(), c.read);
  }
}

}  // namespace
}  // namespace mailverdict::mail

#include "lib/mail/utf8.h"

#include <gtest/gtest.h>

namespace mailverdict::mail {
namespace {

TEST(Utf8Test, WellFormedTextHasNoFault) {
  for (std::string_view text :
       {"", "ascii", "\x01\x7F", "é", "\xC2\xA0", "\u07FF", "\u0800", "\uD7FF",
        "\uE000", "\uFFFF", "\U00010000", "\U0010FFFF", "日本語", "a\u0308"}) {
    EXPECT_FALSE(FindBadUtf8(text).has_value()) << text;
  }
}

TEST(Utf8Test, TheFaultStandsWhereTheBadCharacterBegins) {
  struct Case {
    const char* what;
    std::string_view text;
    size_t at;
  };
  const Case kCases[] = {
      {"a continuation byte alone", "ab\x80", 2},
      {"a character cut short by the end", "aé\xC3", 3},
      {"a character cut short by another",
       "\xE6\x97"
       "a",
       0},
      {"an overlong slash", "\xC0\xAF", 0},
      {"an overlong two-byte character", "\xC1\xBF", 0},
      {"an overlong three-byte character", "\xE0\x9F\xBF", 0},
      {"an overlong four-byte character", "\xF0\x8F\xBF\xBF", 0},
      {"a surrogate", "a\xED\xA0\x80", 1},
      {"the last surrogate", "\xED\xBF\xBF", 0},
      {"one over U+10FFFF", "\xF4\x90\x80\x80", 0},
      {"a lead byte that is none", "\xF5\x80\x80\x80", 0},
      {"0xFF", "\xFF", 0},
      {"a bad third byte", "\xE6\x97\xC0", 0},
      {"a bad fourth byte", "\xF0\x90\x80\x7F", 0},
      {"the first C1 control character", "\xC2\x80", 0},
      {"the last C1 control character", "aa\xC2\x9F", 2},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.what);
    const std::optional<Fault> fault = FindBadUtf8(c.text);
    ASSERT_TRUE(fault.has_value());
    EXPECT_EQ(fault->at, c.at);
  }
}

TEST(FoldUtf8, CaseAndCompositionMakeNoDifference) {
  EXPECT_EQ(FoldUtf8(""), "");
  EXPECT_EQ(FoldUtf8("Joe+X@Example.ORG"), "joe+x@example.org");
  const std::string folded = FoldUtf8("über");
  EXPECT_EQ(folded, "über");
  EXPECT_EQ(FoldUtf8("ÜBER"), folded);
  EXPECT_EQ(FoldUtf8("u\xCC\x88"
                     "ber"),
            folded);
  EXPECT_EQ(FoldUtf8("U\xCC\x88"
                     "BER"),
            folded);
  EXPECT_EQ(FoldUtf8("STRASSE"), FoldUtf8("straße"));
  EXPECT_EQ(FoldUtf8("用户"), "用户");
  EXPECT_NE(FoldUtf8("uber"), folded);
  // U+0390 has two bytes. Before NFC it becomes three characters of two bytes
  // each.
  std::string many;
  for (int i = 0; i < 500; ++i) many += "\xCE\x90";
  EXPECT_EQ(FoldUtf8(many), FoldUtf8(FoldUtf8(many)));
}

TEST(FoldUtf8, WhatIsNoUtf8StaysAsItIs) {
  for (const char* text : {"A\xFF", "\xC3", "\xED\xA0\x80"}) {
    EXPECT_EQ(FoldUtf8(text), text);
  }
}

}  // namespace
}  // namespace mailverdict::mail

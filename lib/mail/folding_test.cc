#include "lib/mail/folding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "lib/mail/utf8.h"

namespace mailverdict::mail {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::string> Unfolded(std::string_view local) {
  bool complete = false;
  const std::vector<std::string> all = UnfoldedLocals(local, &complete);
  EXPECT_TRUE(complete) << local;
  for (const std::string& each : all) {
    EXPECT_EQ(FoldUtf8(each), FoldUtf8(local)) << each;
    EXPECT_NE(each, local);
  }
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), all.size());
  return all;
}

TEST(FoldingTest, WhatFoldingDoesNotChangeHasNothingToUndo) {
  for (const char* local :
       {"", "joe", "s", "s.s", "jürgen", "i", "用户", "é"}) {
    EXPECT_THAT(Unfolded(local), IsEmpty()) << local;
  }
}

TEST(FoldingTest, DoubleSIsEachKindOfSharpS) {
  EXPECT_THAT(Unfolded("gross"), ElementsAre("groß", "groẞ"));
  EXPECT_THAT(Unfolded("ssig"), ElementsAre("ßig", "ẞig"));
  EXPECT_THAT(Unfolded("sss"), ElementsAre("sß", "sẞ", "ßs", "ẞs"));
  EXPECT_THAT(Unfolded("strasse.gross"), SizeIs(8));
  EXPECT_THAT(Unfolded("strasse.gross"), Contains("straße.groß"));
  EXPECT_THAT(Unfolded("strasse.gross"), Contains("straße.gross"));
}

TEST(FoldingTest, ADottedIOfTwoCharactersIsOne) {
  EXPECT_THAT(Unfolded("i\u0307stanbul"), ElementsAre("İstanbul"));
  EXPECT_THAT(Unfolded("istanbul"), IsEmpty());
}

TEST(FoldingTest, ASigmaAtTheEndOfAWordIsAFinalOne) {
  EXPECT_THAT(Unfolded("γιώργοσ"), ElementsAre("γιώργος"));
  EXPECT_THAT(Unfolded("σοφία"), IsEmpty());
  EXPECT_THAT(Unfolded("νίκοσ.ρήγασ"),
              ElementsAre("νίκοσ.ρήγας", "νίκος.ρήγασ", "νίκος.ρήγας"));
}

TEST(FoldingTest, ALetterWithIotaSubscriptIsOneAgain) {
  EXPECT_THAT(Unfolded("αι"), ElementsAre("ᾳ"));
  EXPECT_THAT(Unfolded("ὧιδε"), ElementsAre("ᾧδε"));
}

// Each lower-case letter that folds to two letters, the second an iota.
TEST(FoldingTest, EveryLetterWithIotaSubscriptIsUndone) {
  int letters = 0;
  for (uint32_t c = 0x1F80; c <= 0x1FF7; ++c) {
    const std::string letter = {static_cast<char>(0xE0 | (c >> 12)),
                                static_cast<char>(0x80 | ((c >> 6) & 0x3F)),
                                static_cast<char>(0x80 | (c & 0x3F))};
    const std::string folded = FoldUtf8(letter);
    const bool capital = c < 0x1FB0 && (c & 0x8) != 0;
    if (folded == letter || capital) continue;
    if (folded.size() < 4 || folded.substr(folded.size() - 2) != "ι") continue;
    if (FoldUtf8(folded.substr(0, folded.size() - 2)).size() < 2) continue;
    if (c == 0x1FBC || c == 0x1FCC || c == 0x1FBE) continue;  // title case, ι
    ++letters;
    EXPECT_THAT(Unfolded(folded), Contains(letter)) << std::hex << c;
  }
  EXPECT_EQ(letters, 36);
}

TEST(FoldingTest, MoreThanFourPlacesAreNotUndone) {
  EXPECT_THAT(Unfolded("mississippi.assess"), SizeIs(kMaxUnfoldedLocals));
  for (const std::string& local :
       {std::string("ss.ss.ss.ss.ss"), std::string(1000, 's'),
        std::string("ꭰ\u13A0")}) {
    bool complete = true;
    EXPECT_THAT(UnfoldedLocals(local, &complete), IsEmpty());
    EXPECT_FALSE(complete) << local;
  }
}

TEST(FoldingTest, EachSpellingOfAnAddressIsUnfolded) {
  bool complete = false;
  EXPECT_THAT(
      UnfoldedSpellings(*ParseAddress("gross+x@bücher.example"), "+",
                        &complete),
      ElementsAre("groß+x@xn--bcher-kva.example",
                  "groẞ+x@xn--bcher-kva.example", "groß@xn--bcher-kva.example",
                  "groẞ@xn--bcher-kva.example", "groß+x@bücher.example",
                  "groẞ+x@bücher.example", "groß@bücher.example",
                  "groẞ@bücher.example"));
  EXPECT_TRUE(complete);
  EXPECT_THAT(
      UnfoldedSpellings(*ParseAddress("joe@gross.example"), "+", &complete),
      IsEmpty());
  EXPECT_TRUE(complete);
  UnfoldedSpellings(*ParseAddress("ss.ss.ss.ss+a+b@x"), "+", &complete);
  EXPECT_FALSE(complete);
}

TEST(Folding, TheLimitOfBytesHoldsForAllTogether) {
  bool complete = false;
  const std::string filler(900, 'x');
  EXPECT_EQ(UnfoldedLocals("ss" + filler, &complete).size(), 2u);
  EXPECT_TRUE(complete);
  EXPECT_TRUE(UnfoldedLocals("ssassassass" + filler, &complete).empty());
  EXPECT_FALSE(complete);
  EXPECT_TRUE(
      UnfoldedLocals(filler + filler + std::string(8000, 'y'), &complete)
          .empty());
  EXPECT_TRUE(complete) << "there is nothing to undo";
}

}  // namespace
}  // namespace mailverdict::mail

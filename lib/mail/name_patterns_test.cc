#include "lib/mail/name_patterns.h"

#include <gtest/gtest.h>

namespace mailverdict::mail {
namespace {

using Kind = NamePattern::Kind;

bool Match(const NamePatterns& patterns, std::string_view address) {
  return patterns.Matches(*ParseAddress(address));
}

TEST(NamePatternsTest, AnEmptySetMatchesNothing) {
  const NamePatterns none;
  EXPECT_TRUE(none.empty());
  EXPECT_FALSE(Match(none, "joe@example.org"));
}

TEST(NamePatternsTest, TheStarStandsForAnyTextAndForNone) {
  NamePatterns all;
  all.Add({Kind::kPrefix, "srs0=", ""});
  all.Add({Kind::kSuffix, "-request", ""});
  for (const char* name : {"SRS0=a=b=c=d@example.org", "srs0=@example.org",
                           "list-request@a", "-request@a", "X-Request"}) {
    EXPECT_TRUE(Match(all, name)) << name;
  }
  for (const char* name : {"srs0@a", "xsrs0=a@a", "request@a",
                           "list-requests@a", "list@-request"}) {
    EXPECT_FALSE(Match(all, name)) << name;
  }
}

TEST(NamePatternsTest, ADomainIsThePatternsOrAny) {
  NamePatterns all;
  all.Add({Kind::kPrefix, "list-", "example.org"});
  EXPECT_TRUE(Match(all, "list-a@example.org"));
  EXPECT_FALSE(Match(all, "list-a@sub.example.org"));
  EXPECT_FALSE(Match(all, "list-a"));
}

TEST(NamePatternsTest, EachLengthIsLookedFor) {
  NamePatterns all;
  for (const char* text : {"cccc", "aa", "bbb", "dd"}) {
    all.Add({Kind::kPrefix, text, ""});
    all.Add({Kind::kSuffix, text, ""});
  }
  EXPECT_EQ(all.size(), 8u);
  for (const char* name : {"aax", "bbbx", "ccccx", "ddx", "xaa", "xbbb",
                           "xcccc", "xdd", "aa", "cccc"}) {
    EXPECT_TRUE(Match(all, name)) << name;
  }
  for (const char* name : {"a", "bb", "ccc", "xaax", "xccccx"}) {
    EXPECT_FALSE(Match(all, name)) << name;
  }
}

// Patterns are folded like names: Postfix asks for "grüße-x" as "grüsse-x".
TEST(NamePatternsTest, PatternsAreComparedFolded) {
  NamePatterns all;
  all.Add({Kind::kPrefix, "grü\u00dfe-", ""});
  all.Add({Kind::kSuffix, "-anfr\u00c4gen", ""});
  for (const char* name :
       {"gr\u00fc\u00dfe-x", "gr\u00fcsse-x", "gru\u0308sse-x",
        "x-anfr\u00e4gen", "x-anfra\u0308gen"}) {
    EXPECT_TRUE(Match(all, name)) << name;
  }
  EXPECT_FALSE(Match(all, "grusse-x"));
}

TEST(NamePatternsTest, SetsAreEqualThatMatchTheSame) {
  const NamePattern a{Kind::kPrefix, "aa", ""};
  const NamePattern b{Kind::kSuffix, "aa", "x"};
  NamePatterns one;
  one.Add(a);
  one.Add(b);
  NamePatterns other;
  other.Add(b);
  EXPECT_FALSE(one == other);
  other.Add(a);
  other.Add(a);
  EXPECT_TRUE(one == other);
  EXPECT_EQ(other.size(), 2u);
}

TEST(NamePatternsTest, APatternIsWrittenAsItIsRead) {
  EXPECT_EQ((NamePattern{Kind::kPrefix, "srs0=", ""}).ToString(), "srs0=*");
  EXPECT_EQ((NamePattern{Kind::kSuffix, "-x", "a.org"}).ToString(),
            "*-x@a.org");
}

}  // namespace
}  // namespace mailverdict::mail

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/mail/address.h"

namespace mailverdict::mail {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::string> SpellingsOf(std::string_view text) {
  return ParseAddress(text)->Spellings("+");
}

TEST(SpellingsTest, APlainAddressHasOne) {
  EXPECT_THAT(SpellingsOf("<User@Example.org>"),
              ElementsAre("user@example.org"));
  EXPECT_THAT(SpellingsOf("postmaster"), ElementsAre("postmaster"));
  EXPECT_THAT(SpellingsOf("a@[IPv6:::1]"), ElementsAre("a@[ipv6:::1]"));
}

TEST(SpellingsTest, TheNullPathHasNone) {
  EXPECT_THAT(SpellingsOf("<>"), IsEmpty());
}

TEST(SpellingsTest, ATaggedAddressIsAlsoSpelledWithoutItsTag) {
  EXPECT_THAT(SpellingsOf("user+tag@x"), ElementsAre("user+tag@x", "user@x"));
  EXPECT_THAT(ParseAddress("user+tag@x")->Spellings("-"),
              ElementsAre("user+tag@x"));
}

TEST(SpellingsTest, AnInternationalDomainIsSpelledInBothWays) {
  EXPECT_THAT(SpellingsOf("a@Bücher.example"),
              ElementsAre("a@xn--bcher-kva.example", "a@bücher.example"));
}

TEST(SpellingsTest, AnEmojiDomainIsSpelledInBothWaysAndABrokenOneAsItCame) {
  EXPECT_THAT(SpellingsOf("a@XN--I-7IQ.ws"),
              ElementsAre("a@xn--i-7iq.ws", "a@i\u2764.ws"));
  EXPECT_THAT(SpellingsOf("a@xn--abc-.ws"), ElementsAre("a@xn--abc-.ws"));
}

TEST(SpellingsTest, ALocalPartThatNeedsQuotesIsSpelledWithAndWithoutThem) {
  EXPECT_THAT(SpellingsOf("\"john doe\"@x"),
              ElementsAre("\"john doe\"@x", "john doe@x"));
  EXPECT_THAT(SpellingsOf("a..b@docomo.ne.jp"),
              ElementsAre("\"a..b\"@docomo.ne.jp", "a..b@docomo.ne.jp"));
  EXPECT_THAT(SpellingsOf("\"a@b\"@x"), ElementsAre("\"a@b\"@x", "a@b@x"));
  EXPECT_THAT(SpellingsOf("\"a b\""), ElementsAre("\"a b\"", "a b"));
}

TEST(SpellingsTest, NoSpellingReadsAsAnotherMailbox) {
  // Without quotes, these would be read as foo, <a@x>, a route to c, and a at
  // b.
  EXPECT_THAT(SpellingsOf(R"("\"foo\""@x)"), ElementsAre(R"("\"foo\""@x)"));
  EXPECT_THAT(SpellingsOf(R"("<a"@x)"), ElementsAre(R"("<a"@x)"));
  EXPECT_THAT(SpellingsOf(R"("@a:b"@c)"), ElementsAre(R"("@a:b"@c)"));
  EXPECT_THAT(SpellingsOf(R"("a@b")"), ElementsAre(R"("a@b")"));
  EXPECT_THAT(SpellingsOf(R"("a\\b"@x)"), ElementsAre(R"("a\\b"@x)"));
}

TEST(SpellingsTest, AllWaysAreCombinedAndTheCanonicalOneIsFirst) {
  EXPECT_THAT(
      SpellingsOf("\"a b+c d\"@bücher.example"),
      ElementsAre("\"a b+c d\"@xn--bcher-kva.example",
                  "a b+c d@xn--bcher-kva.example",
                  "\"a b\"@xn--bcher-kva.example", "a b@xn--bcher-kva.example",
                  "\"a b+c d\"@bücher.example", "a b+c d@bücher.example",
                  "\"a b\"@bücher.example", "a b@bücher.example"));
}

TEST(SpellingsTest, ATagMayBeginAtEachDelimiter) {
  const Address address = *ParseAddress("mary-ann+news@x");
  EXPECT_THAT(address.Spellings("+-"),
              ElementsAre("mary-ann+news@x", "mary-ann@x", "mary@x"));
  bool complete = false;
  EXPECT_THAT(address.TagForms("+-", &complete), SizeIs(3));
  EXPECT_TRUE(complete);
}

TEST(SpellingsTest, OneOfTooManyTagsSaysSo) {
  bool complete = false;
  EXPECT_THAT(ParseAddress("a+1+2+3+4+5+6+7@x")->TagForms("+", &complete),
              SizeIs(kMaxTagForms));
  EXPECT_TRUE(complete);
  const std::vector<Address> forms =
      ParseAddress("a+1+2+3+4+5+6+7+8@x")->TagForms("+", &complete);
  EXPECT_FALSE(complete);
  ASSERT_THAT(forms, SizeIs(kMaxTagForms));
  EXPECT_EQ(forms[1].local(), "a+1+2+3+4+5+6");
  EXPECT_EQ(forms.back().local(), "a");
}

TEST(SpellingsTest, TheTagMayTakeTheNeedForQuotesWithIt) {
  EXPECT_THAT(SpellingsOf("\"a+b c\"@x"),
              ElementsAre("\"a+b c\"@x", "a+b c@x", "a@x"));
}

TEST(SpellingsTest, ASpellingOverTheLimitIsLeftOut) {
  // 40 Gothic letters have 160 octets as a U-label and 50 as an A-label.
  std::string domain;
  for (int i = 0; i < 40; ++i) domain += "\U00010330";
  const std::string text = "a@" + domain;
  EXPECT_THAT(SpellingsOf(text), SizeIs(2));
  const size_t shorter = ParseAddress(text)->domain().size();
  ASSERT_LT(shorter, domain.size());
  const std::string local(kMaxAddressBytes - domain.size(), 'a');
  const Address address =
      *ParseAddress(local + "@" + ParseAddress(text)->domain());
  EXPECT_THAT(address.Spellings("+"), ElementsAre(address.ToString()));
}

}  // namespace
}  // namespace mailverdict::mail

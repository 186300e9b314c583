#include "lib/mail/address.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/hash/hash.h"

namespace mailverdict::mail {
namespace {

TEST(AddressTest, AnAddressIsReadIntoItsCanonicalForm) {
  struct Case {
    std::string_view text;
    const char* local;
    const char* domain;
    const char* written;
  };
  const Case kCases[] = {
      {"user@example.org", "user", "example.org", "user@example.org"},
      {"<User@Example.ORG>", "user", "example.org", "user@example.org"},
      {"user@example.org.", "user", "example.org", "user@example.org"},
      {"<>", "", "", "<>"},
      {"postmaster", "postmaster", "", "postmaster"},
      {"<Postmaster>", "postmaster", "", "postmaster"},
      {"a+b=c.d@lists.example.", "a+b=c.d", "lists.example",
       "a+b=c.d@lists.example"},
      {"!#$%&'*+-/=?^_`{|}~@x", "!#$%&'*+-/=?^_`{|}~", "x",
       "!#$%&'*+-/=?^_`{|}~@x"},
      // Quotes are syntax, not a part of the name.
      {R"("J.Doe"@example.org)", "j.doe", "example.org", "j.doe@example.org"},
      {R"("J\.\D\oe"@example.org)", "j.doe", "example.org",
       "j.doe@example.org"},
      {R"("john doe"@x)", "john doe", "x", R"("john doe"@x)"},
      {R"("a@b"@x)", "a@b", "x", R"("a@b"@x)"},
      {R"(<"a@b">)", "a@b", "", R"("a@b")"},
      {R"("a\"b\\c"@x)", "a\"b\\c", "x", R"("a\"b\\c"@x)"},
      {R"("<>"@x)", "<>", "x", R"("<>"@x)"},
      {R"(" "@x)", " ", "x", R"(" "@x)"},
      // docomo.ne.jp gave such addresses to millions of people.
      {"a..b.@docomo.ne.jp", "a..b.", "docomo.ne.jp",
       R"("a..b."@docomo.ne.jp)"},
      {".a@docomo.ne.jp", ".a", "docomo.ne.jp", R"(".a"@docomo.ne.jp)"},
      // RFC 6531. Only ASCII letters become lower case.
      {"<用户@例子.广告>", "用户", "xn--fsqu00a.xn--4rr70v",
       "用户@xn--fsqu00a.xn--4rr70v"},
      {"ÜBER@Bücher.example", "Über", "xn--bcher-kva.example",
       "Über@xn--bcher-kva.example"},
      {"\"é e\"@x", "é e", "x", "\"é e\"@x"},
      // RFC 5321 appendix F.2.
      {"<@a,@b.example:User@c>", "user", "c", "user@c"},
      {"@[192.0.2.1]:user@c", "user", "c", "user@c"},
      {"a@[192.0.2.1]", "a", "[192.0.2.1]", "a@[192.0.2.1]"},
      {"<a@[IPv6:2001:DB8::0:1]>", "a", "[ipv6:2001:db8::1]",
       "a@[ipv6:2001:db8::1]"},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.text);
    const absl::StatusOr<Address> address = ParseAddress(c.text);
    ASSERT_TRUE(address.ok()) << address.status();
    EXPECT_EQ(address->local(), c.local);
    EXPECT_EQ(address->domain(), c.domain);
    EXPECT_EQ(address->ToString(), c.written);
    EXPECT_EQ(*ParseAddress(c.written), *address);
  }
}

TEST(AddressTest, WhatIsNoAddressIsRefusedWithThePlace) {
  struct Case {
    std::string_view text;
    int at;
  };
  const Case kCases[] = {
      {"", 0},
      {"<", 1},
      {">", 0},
      {"<<a@b>>", 1},
      {"<a@b", 4},
      {"a@b>", 3},
      {"<a@b> ", 5},
      {"<a@b>>", 5},
      {"<>x", 1},
      {" a@b", 0},
      {"a@b ", 3},
      {"a b@c", 1},
      {"a(c)@b", 1},
      {"a,b@c", 1},
      {"a@", 2},
      {"<a@>", 3},
      {"@", 0},
      {"@b", 0},
      {"<@b>", 1},
      {"a@b@c", 3},
      {"a@b..c", 4},
      {"a@.b", 2},
      {"a@b,c", 3},
      {"\"a@b", 0},
      {"<\"a@b>", 1},
      {"\"a\\", 0},
      {"\"\"@b", 0},
      {"\"a\"b@c", 3},
      {"a\"b\"@c", 1},
      {"a\\@b", 1},
      {"\"a\\\xC3\xA9\"@b", 2},
      {"a@b\r\nRCPT TO:<c@d>", 3},
      {"a\x7F@b", 1},
      {"\"a\tb\"@c", 2},
      {{"a\0@b", 4}, 1},
      {{"\"a\0\"@b", 6}, 2},
      {"<ab\xC3@b>", 3},
      {"\"\\a\xFF\"@b", 3},
      {"a\xC2\x85@b", 1},
      {"<@a:b>", 5},
      {"<@a,b:c@d>", 4},
      {"<@a b:c@d>", 3},
      {"<@a..b:c@d>", 4},
      {"<@a:@b:c@d>", 4},
      {"a@[192.0.2.256]", 11},
      {"a@[192.0.2.1]x", 13},
      {"a@[tag:content]", 3},
      {"a@\U0001F600.ws", 2},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.text);
    const absl::StatusOr<Address> address = ParseAddress(c.text);
    ASSERT_TRUE(absl::IsInvalidArgument(address.status()));
    const std::string message(address.status().message());
    const std::string place = "byte " + std::to_string(c.at) + ": ";
    EXPECT_EQ(message.substr(0, place.size()), place) << message;
  }
}

TEST(AddressTest, AnErrorNeverRepeatsTheInput) {
  for (std::string_view text :
       {"zq@zq@zq", "zq zq@x", "\"zq", "zq@\u2764zq", "zq@[zq]", "zq@zq..zq",
        "zq\xFFzq@x", "<@zq:zq>", "zq@zq\r\nzq"}) {
    const absl::Status status = ParseAddress(text).status();
    ASSERT_FALSE(status.ok()) << text;
    EXPECT_EQ(status.ToString().find("zq"), std::string::npos) << status;
  }
}

TEST(AddressTest, TheLimitIsHeldByTheTextAndByTheCanonicalForm) {
  const auto sized = [](size_t bytes) {
    return std::string(bytes - 2, 'a') + "@b";
  };
  EXPECT_TRUE(ParseAddress(sized(kMaxAddressBytes)).ok());
  EXPECT_FALSE(ParseAddress(sized(kMaxAddressBytes + 1)).ok());
  // Because of the dot the canonical form needs two quotes more.
  EXPECT_FALSE(ParseAddress('.' + sized(kMaxAddressBytes - 1)).ok());
  EXPECT_TRUE(ParseAddress('.' + sized(kMaxAddressBytes - 3)).ok());
  // The canonical form keeps the escapes, so it is not longer.
  std::string escaped = "\"";
  while (escaped.size() < kMaxAddressBytes - 4) escaped += "\\\"";
  EXPECT_TRUE(ParseAddress(escaped + "\"@b").ok());
}

TEST(AddressTest, OnlyTheEmptyPathIsNullAndOnlyBracketsMakeALiteral) {
  EXPECT_TRUE(Address().null());
  EXPECT_EQ(*ParseAddress("<>"), Address());
  EXPECT_FALSE(ParseAddress("postmaster")->null());
  EXPECT_TRUE(ParseAddress("a@[192.0.2.1]")->literal());
  EXPECT_FALSE(ParseAddress("a@192.0.2.1")->literal());
  EXPECT_FALSE(Address().literal());
}

TEST(AddressTest, EqualAddressesHaveEqualHashesAndOthersDiffer) {
  const Address a = *ParseAddress("<\"A.b\"@Bücher.example.>");
  const Address b = *ParseAddress("a.B@xn--bcher-kva.EXAMPLE");
  EXPECT_EQ(a, b);
  EXPECT_EQ(absl::Hash<Address>()(a), absl::Hash<Address>()(b));
  EXPECT_NE(a, *ParseAddress("a.b@bucher.example"));
  EXPECT_NE(a, *ParseAddress("ab@bücher.example"));
  EXPECT_NE(*ParseAddress("\"a@b\""), *ParseAddress("a@b"));
}

TEST(AddressTest, TheTagBeginsAtTheFirstDelimiterThatIsNotTheFirstByte) {
  struct Case {
    const char* text;
    const char* delimiters;
    const char* untagged;
  };
  const Case kCases[] = {
      {"user+tag@x", "+", "user"},
      {"user+a+b@x", "+", "user"},
      {"user+@x", "+", "user"},
      {"+tag@x", "+", "+tag"},
      {"++tag@x", "+", "+"},
      {"user-a+b@x", "+-", "user"},
      {"user+tag@x", "-", "user+tag"},
      {"user+tag@x", "", "user+tag"},
      {"<>", "+", ""},
      {"é+t@x", "+\xA9", "é"},
      {"é@x", "\xA9", "é"},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.text);
    const Address address = *ParseAddress(c.text);
    EXPECT_EQ(address.LocalWithoutTag(c.delimiters), c.untagged);
    EXPECT_EQ(address.WithoutTag(c.delimiters).local(), c.untagged);
    EXPECT_EQ(address.WithoutTag(c.delimiters).domain(), address.domain());
  }
}

}  // namespace
}  // namespace mailverdict::mail

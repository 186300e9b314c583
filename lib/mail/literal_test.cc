#include "lib/mail/literal.h"

#include <gtest/gtest.h>

namespace mailverdict::mail {
namespace {

struct Result {
  std::string canonical;
  std::optional<Fault> fault;
  size_t read = 0;
};

Result Read(std::string_view text) {
  Result result;
  Cursor in(text);
  result.fault = ReadLiteral(in, &result.canonical);
  result.read = in.offset();
  return result;
}

TEST(LiteralTest, EverySpellingOfAnAddressIsWrittenInOneWay) {
  struct Case {
    const char* text;
    const char* canonical;
  };
  const Case kCases[] = {
      {"[192.0.2.1]", "[192.0.2.1]"},
      {"[0.0.0.0]", "[0.0.0.0]"},
      {"[255.255.255.255]", "[255.255.255.255]"},
      {"[IPv6:2001:DB8::1]", "[ipv6:2001:db8::1]"},
      {"[ipv6:2001:0db8:0000::0001]", "[ipv6:2001:db8::1]"},
      {"[IPV6:2001:db8:0:0:0:0:0:1]", "[ipv6:2001:db8::1]"},
      {"[IPv6:::]", "[ipv6:::]"},
      {"[IPv6:0:0:0:0:0:0:0:0]", "[ipv6:::]"},
      {"[IPv6:::1]", "[ipv6:::1]"},
      {"[IPv6:1::]", "[ipv6:1::]"},
      // RFC 5952 4.2.2: "::" does not replace a single zero group.
      {"[IPv6:1::3:4:5:6:7:8]", "[ipv6:1:0:3:4:5:6:7:8]"},
      // RFC 5952 4.2.3: "::" replaces the longest run, and the first of equal
      // runs.
      {"[IPv6:1:0:0:2:0:0:0:3]", "[ipv6:1:0:0:2::3]"},
      {"[IPv6:1:0:0:2:3:0:0:4]", "[ipv6:1::2:3:0:0:4]"},
      {"[IPv6:1:2:3:4:5:6:0:0]", "[ipv6:1:2:3:4:5:6::]"},
      {"[IPv6:::ffff:192.0.2.1]", "[ipv6:::ffff:192.0.2.1]"},
      {"[IPv6:0:0:0:0:0:FFFF:C000:201]", "[ipv6:::ffff:192.0.2.1]"},
      {"[IPv6:1:2:3:4:5:6:192.0.2.1]", "[ipv6:1:2:3:4:5:6:c000:201]"},
      {"[IPv6:64:ff9b::192.0.2.33]", "[ipv6:64:ff9b::c000:221]"},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.text);
    const Result result = Read(c.text);
    ASSERT_FALSE(result.fault.has_value()) << result.fault->what;
    EXPECT_EQ(result.canonical, c.canonical);
    const Result again = Read(result.canonical);
    ASSERT_FALSE(again.fault.has_value()) << again.fault->what;
    EXPECT_EQ(again.canonical, c.canonical);
  }
}

TEST(LiteralTest, WhatFollowsTheBracketIsLeftToTheCaller) {
  EXPECT_EQ(Read("[192.0.2.1]>").read, 11u);
}

TEST(LiteralTest, AFaultStandsWhereTheLiteralGoesWrong) {
  struct Case {
    const char* text;
    size_t at;
  };
  const Case kCases[] = {
      {"", 0},
      {"192.0.2.1", 0},
      {"[", 1},
      {"[]", 1},
      {"[192.0.2]", 8},
      {"[192.0.2.1", 10},
      {"[192.0.2.1.5]", 10},
      {"[192.0.2.256]", 9},
      {"[192.0.2.01]", 9},
      {"[192.0.2.0001]", 9},
      {"[192..2.1]", 5},
      {"[::1]", 1},
      {"[example.org]", 1},
      {"[tag:content]", 1},
      {"[IPv6:]", 6},
      {"[IPv6:1]", 6},
      {"[IPv6:1:2:3:4:5:6:7]", 6},
      {"[IPv6:1:2:3:4:5:6:7:]", 20},
      {"[IPv6:1:2:3:4:5:6:7:8:9]", 22},
      {"[IPv6:1:2:3:4:5:6:7:192.0.2.1]", 20},
      {"[IPv6:1:2:3:4::5:6:7:8]", 6},
      {"[IPv6:1::2::3]", 11},
      {"[IPv6::::]", 8},
      {"[IPv6::1]", 6},
      {"[IPv6:12345::]", 6},
      {"[IPv6:g::]", 6},
      {"[IPv6:::1%eth0]", 9},
      {"[IPv6:::192.0.2.300]", 16},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.text);
    const Result result = Read(c.text);
    ASSERT_TRUE(result.fault.has_value());
    EXPECT_EQ(result.fault->at, c.at) << result.fault->what;
  }
}

}  // namespace
}  // namespace mailverdict::mail

#include "lib/mail/ip.h"

#include <gtest/gtest.h>

#include <string>

namespace mailverdict::mail {
namespace {

bool In(std::string_view network, std::string_view address) {
  return IpNetwork::Parse(network).value().Contains(ParseIp(address).value());
}

TEST(IpTest, ReadsWholeAddressesOnly) {
  for (const char* good :
       {"192.0.2.1", "0.0.0.0", "255.255.255.255", "::", "::1", "2001:DB8::1",
        "::ffff:192.0.2.1", "1:2:3:4:5:6:7:8"}) {
    EXPECT_TRUE(ParseIp(good).has_value()) << good;
  }
  for (const char* bad :
       {"", " 192.0.2.1", "192.0.2.1 ", "192.0.2", "192.0.2.1.1", "192.0.2.256",
        "192.0.02.1", "[::1]", "fe80::1%eth0", "::1::", "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9", "12345::", "localhost", "192.0.2.1/32"}) {
    EXPECT_FALSE(ParseIp(bad).has_value()) << bad;
  }
}

TEST(IpTest, AMappedAddressIsItsIpv4Address) {
  EXPECT_EQ(ParseIp("::ffff:192.0.2.1")->groups, ParseIp("192.0.2.1")->groups);
  EXPECT_EQ(ParseIp("::ffff:c000:201")->groups, ParseIp("192.0.2.1")->groups);
  EXPECT_NE(ParseIp("::192.0.2.1")->groups, ParseIp("192.0.2.1")->groups);
}

TEST(IpTest, EveryPrefixEndsWhereItSays) {
  for (int bits = 0; bits <= 32; ++bits) {
    const std::string network = "0.0.0.0/" + std::to_string(bits);
    for (int bit = 0; bit < 32; ++bit) {
      const uint32_t number = 0x80000000u >> bit;
      const std::string address = std::to_string(number >> 24) + "." +
                                  std::to_string(number >> 16 & 255) + "." +
                                  std::to_string(number >> 8 & 255) + "." +
                                  std::to_string(number & 255);
      EXPECT_EQ(In(network, address), bit >= bits) << network << " " << address;
    }
  }
  for (int bits = 0; bits <= 128; ++bits) {
    const std::string network = "::/" + std::to_string(bits);
    for (int bit = 0; bit < 128; ++bit) {
      static constexpr const char* kBits[] = {"8", "4", "2", "1"};
      std::string text;
      for (int group = 0; group < 8; ++group) {
        if (group > 0) text += ':';
        text +=
            group == bit / 16
                ? kBits[bit % 4] +
                      std::string(static_cast<size_t>(3 - bit % 16 / 4), '0')
                : "0";
      }
      EXPECT_EQ(In(network, text), bit >= bits) << network << " " << text;
    }
  }
}

TEST(IpTest, Networks) {
  EXPECT_TRUE(In("192.0.2.0/24", "192.0.2.255"));
  EXPECT_TRUE(In("192.0.2.0/24", "::ffff:192.0.2.7"));
  EXPECT_FALSE(In("192.0.2.0/24", "192.0.3.0"));
  EXPECT_FALSE(In("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(In("::/0", "192.0.2.1"));
  EXPECT_TRUE(In("127.0.0.1", "127.0.0.1"));
  EXPECT_FALSE(In("127.0.0.1", "127.0.0.2"));
  EXPECT_TRUE(In("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(In("2001:db8::/33", "2001:db8:8000::1"));
}

TEST(IpTest, NeighboursShareANetwork) {
  const auto of = [](const char* text) {
    return NeighbourhoodOf(*ParseIp(text));
  };
  EXPECT_EQ(of("192.0.2.1"), "c0000200");
  EXPECT_EQ(of("192.0.2.255"), of("::ffff:192.0.2.1"));
  EXPECT_NE(of("192.0.2.1"), of("192.0.3.1"));
  EXPECT_EQ(of("2001:db8:1:2::3"), "20010db800010002");
  EXPECT_EQ(of("2001:db8:1:2::3"), of("2001:db8:1:2:ffff::"));
  EXPECT_NE(of("2001:db8:1:2::3"), of("2001:db8:1:3::3"));
}

TEST(IpTest, ANetworkContainsOthersWholeOrNot) {
  const auto in = [](const char* outer, const char* inner) {
    return IpNetwork::Parse(outer)->Contains(*IpNetwork::Parse(inner));
  };
  EXPECT_TRUE(in("127.0.0.0/8", "127.0.0.0/8"));
  EXPECT_TRUE(in("127.0.0.0/8", "127.255.255.255"));
  EXPECT_FALSE(in("127.0.0.0/8", "126.0.0.0/7"));
  EXPECT_FALSE(in("127.0.0.0/8", "128.0.0.0/8"));
  EXPECT_TRUE(in("::/0", "0.0.0.0/0"));
  EXPECT_FALSE(in("0.0.0.0/0", "::/0"));
}

TEST(IpTest, Ipv4IsToldFromIpv6HoweverItIsWritten) {
  EXPECT_TRUE(IsIpv4(*ParseIp("192.0.2.1")));
  EXPECT_TRUE(IsIpv4(*ParseIp("::ffff:192.0.2.1")));
  EXPECT_FALSE(IsIpv4(*ParseIp("::192.0.2.1")));
  EXPECT_FALSE(IsIpv4(*ParseIp("2001:db8::1")));
}

TEST(IpTest, WhatNobodyOutsideCanHaveIsNotPublic) {
  for (const char* text :
       {"0.0.0.0", "0.255.255.255", "127.0.0.1", "10.1.2.3", "172.16.0.1",
        "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.127.255.255",
        "169.254.1.1", "::", "::1", "fc00::1", "fdff::1", "fe80::1",
        "::ffff:10.1.2.3"}) {
    EXPECT_FALSE(IsPublic(*ParseIp(text))) << text;
  }
  for (const char* text :
       {"1.0.0.0", "9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0",
        "192.167.255.255", "100.63.255.255", "100.128.0.0", "192.0.2.1",
        "2001:db8::1", "::2", "fe00::1", "fec0::1", "::ffff:11.1.2.3"}) {
    EXPECT_TRUE(IsPublic(*ParseIp(text))) << text;
  }
}

TEST(IpTest, WhatIsNoNetwork) {
  for (const char* bad : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08",
                          "10.0.0.0/8 ", "10.0.0.1/8", "10/8", "::/129",
                          "2001:db8::1/64", "10.0.0.0/-1", "10.0.0.0/8/8"}) {
    EXPECT_FALSE(IpNetwork::Parse(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace mailverdict::mail

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
  const auto of = [](const char* text) { return NetworkKeyOf(*ParseIp(text)); };
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

// The first and the last address of each block, and their neighbours: with
// "yes" and "no" for whether each is public.
TEST(IpTest, WhatNoHostOnTheInternetCanHaveIsNotPublic) {
  struct Block {
    const char* before;
    const char* first;
    const char* last;
    const char* after;
    bool neighbours[2] = {true, true};
  };
  constexpr Block kBlocks[] = {
      {"255.255.255.255", "0.0.0.0", "0.255.255.255", "1.0.0.0", {false, true}},
      {"9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"},
      {"100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0"},
      {"126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0"},
      {"169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0"},
      {"172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0"},
      {"191.255.255.255", "192.0.0.0", "192.0.0.8", "192.0.0.9"},
      {"192.0.0.10", "192.0.0.11", "192.0.0.255", "192.0.1.0"},
      {"192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0"},
      {"192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0"},
      {"198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0"},
      {"223.255.255.255",
       "224.0.0.0",
       "239.255.255.255",
       "240.0.0.0",
       {true, false}},
      {"239.255.255.255",
       "240.0.0.0",
       "255.255.255.255",
       "::1:0:0:0",
       {false, true}},
      {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
       "::",
       "::1",
       "::2",
       {false, true}},
      {"64:ff9b:0:ffff:ffff:ffff:ffff:ffff",
       "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "64:ff9b:2::"},
      {"ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
       "100::", "100::1:ffff:ffff:ffff:ffff", "100:0:0:2::"},
      {"2001:0:ffff:ffff:ffff:ffff:ffff:ffff",
       "2001:1::", "2001:1::", "2001:1::1"},
      {"2001:1::3", "2001:1::4", "2001:2:ffff:ffff:ffff:ffff:ffff:ffff",
       "2001:3::"},
      {"2001:3:ffff:ffff:ffff:ffff:ffff:ffff",
       "2001:4::", "2001:4:111:ffff:ffff:ffff:ffff:ffff", "2001:4:112::"},
      {"2001:4:112:ffff:ffff:ffff:ffff:ffff",
       "2001:4:113::", "2001:1f:ffff:ffff:ffff:ffff:ffff:ffff", "2001:20::"},
      {"2001:3f:ffff:ffff:ffff:ffff:ffff:ffff",
       "2001:40::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::"},
      {"5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
       "5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "5f01::"},
      {"fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
       "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe00::"},
      {"fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
       "fe80::",
       "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
       "fec0::",
       {true, false}},
      {"febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
       "fec0::",
       "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
       "2000::",
       {false, true}},
      {"11.1.2.3", "::ffff:10.1.2.3", "::ffff:224.0.0.1", "::ffff:11.1.2.3"},
  };
  for (const Block& block : kBlocks) {
    SCOPED_TRACE(block.first);
    EXPECT_EQ(IsPublic(*ParseIp(block.before)), block.neighbours[0])
        << block.before;
    EXPECT_FALSE(IsPublic(*ParseIp(block.first)));
    EXPECT_FALSE(IsPublic(*ParseIp(block.last))) << block.last;
    EXPECT_EQ(IsPublic(*ParseIp(block.after)), block.neighbours[1])
        << block.after;
  }
}

// Examples are written with them, and no mail comes from there.
TEST(IpTest, AddressesForDocumentationCountAsPublic) {
  for (const char* text : {"192.0.2.0", "192.0.2.255", "198.51.100.0",
                           "198.51.100.255", "203.0.113.0", "203.0.113.255",
                           "2001:db8::", "3fff::1", "2002:c000:201::1"}) {
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

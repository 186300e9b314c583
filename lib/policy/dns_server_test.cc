#include "lib/policy/dns_server.h"

#include <gtest/gtest.h>

namespace mailverdict {
namespace {

TEST(DnsServerTest, ParsesAddressesAndPorts) {
  const auto parsed = [](std::string_view text) {
    const auto server = DnsServer::Parse(text);
    return server.ok() ? server->ToString() : "wrong";
  };
  EXPECT_EQ(parsed("192.0.2.53"), "192.0.2.53");
  EXPECT_EQ(parsed("192.0.2.53:53"), "192.0.2.53");
  EXPECT_EQ(parsed("192.0.2.53:5353"), "192.0.2.53:5353");
  EXPECT_EQ(parsed("2001:db8::53"), "2001:db8::53");
  EXPECT_EQ(parsed("[2001:db8::53]"), "2001:db8::53");
  EXPECT_EQ(parsed("[2001:db8::53]:5353"), "[2001:db8::53]:5353");
  EXPECT_EQ(parsed("fe80::1%eth0"), "fe80::1%eth0");
  EXPECT_EQ(parsed("[fe80::1%2]"), "fe80::1%2");
  EXPECT_EQ(parsed("[fe80::1%eth0]:5353"), "[fe80::1%eth0]:5353");
  EXPECT_EQ(parsed("2001:db8::53%br-lan.7"), "2001:db8::53%br-lan.7");
  for (const char* text :
       {"fe80::1", "[fe80::1]:53", "febf::1", "fe80::1%", "fe80::1%eth0%eth0",
        "fe80::1%eth0:5353", "fe80::1%a/b", "fe80::1%et h0", "%eth0",
        "fe80::1%sixteen-bytes-ab", "192.0.2.53%eth0",
        "[192.0.2.53%eth0]:53"}) {
    EXPECT_EQ(parsed(text), "wrong") << text;
  }
  for (const char* text :
       {"", "ns.example.org", "192.0.2.53:", "192.0.2.53:0", "192.0.2.53:65536",
        "192.0.2.53:53x", "[2001:db8::53", "[2001:db8::53]53", "192.0.2",
        "192.0.2.53 "}) {
    EXPECT_EQ(parsed(text), "wrong") << text;
  }
}

}  // namespace
}  // namespace mailverdict

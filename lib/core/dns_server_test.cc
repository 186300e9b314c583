#include "lib/core/dns_server.h"

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
  for (const char* text :
       {"", "ns.example.org", "192.0.2.53:", "192.0.2.53:0", "192.0.2.53:65536",
        "192.0.2.53:53x", "[2001:db8::53", "[2001:db8::53]53", "192.0.2",
        "192.0.2.53 "}) {
    EXPECT_EQ(parsed(text), "wrong") << text;
  }
}

}  // namespace
}  // namespace mailverdict

#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <vector>

#include "lib/core/dns_vouch.h"
#include "lib/core/dns_vouch_testing.h"

namespace mailverdict {
namespace {

// "+name TYPE" of what should be there, "-name TYPE" of what should not.
std::vector<std::string> Names(const Policy& policy, const DnsLookup& lookup,
                               uint64_t random = kRandom) {
  std::vector<std::string> names;
  for (const DnsControl& control : DnsControlsFor(policy, lookup, random)) {
    EXPECT_FALSE(control.lookup.with_controls);
    names.push_back((control.present ? "+" : "-") + control.lookup.name + " " +
                    ToString(control.lookup.type));
  }
  return names;
}

using Strings = std::vector<std::string>;

TEST(DnsControlsFor, ANameHasThoseOfThePolicy) {
  Policy policy = Ours();
  policy.dns.absent_below = {"com", "net"};
  const std::string label = kLabel;
  EXPECT_EQ(
      Names(policy, Asked("example.com", DnsType::kMx)),
      (Strings{"+" + label + ".control.example.org A", "+zero.example.org A",
               "-" + label + ".com A", "-" + label + ".com MX",
               "-" + label + ".net A", "-" + label + ".net MX"}));
  const auto controls = DnsControlsFor(policy, Asked("example.com"), kRandom);
  EXPECT_FALSE(controls[0].uncached);
  EXPECT_TRUE(controls[1].uncached);
  // The zone itself is not a name in the list.
  EXPECT_EQ(Names(policy, Asked("bl.example.org")),
            Names(policy, Asked("example.com")));
  EXPECT_EQ(Names(policy, Asked("xbl.example.org")),
            Names(policy, Asked("example.com")));
}

TEST(DnsControlsFor, AListHasThoseOfRfc5782) {
  const std::string zeros = "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.";
  const Strings expected{
      "+2.0.0.127.bl.example.org A",
      "-1.0.0.127.bl.example.org A",
      "-176.2.0.192.bl.example.org A",
      // RFC 5782 5 writes it out.
      "+2.0.0.0.0.0.f.7.f.f.f.f." + zeros + "bl.example.org A",
      "-1.0.0.0.0.0.f.7.f.f.f.f." + zeros + "bl.example.org A",
      "-f.e.d.c.b.a.9.8.7.6.5.4.3.2.1.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2."
      "bl.example.org A",
      "+test.bl.example.org A",
      "-invalid.bl.example.org A",
      "-" + std::string(kLabel) + ".example.com.bl.example.org A",
  };
  EXPECT_EQ(Names(Ours(), Asked("1.2.0.192.bl.example.org")), expected);
  // The same for every lookup in the list, so one round serves all.
  EXPECT_EQ(Names(Ours(), Asked("example.net.bl.example.org", DnsType::kTxt)),
            expected);
}

TEST(DnsControlsFor, AnAllowListHasThePositiveOnesOfThePolicyToo) {
  EXPECT_EQ(
      Names(Ours(), Asked("1.2.0.192.ok.example.org")),
      (Strings{"+2.0.0.127.ok.example.org A", "-1.0.0.127.ok.example.org A",
               "-176.2.0.192.ok.example.org A",
               "+" + std::string(kLabel) + ".control.example.org A",
               "+zero.example.org A"}));
}

TEST(DnsControlsFor, RandomAddressesAreThoseOfDocumentation) {
  const mail::IpNetwork nets[] = {*mail::IpNetwork::Parse("192.0.2.0/24"),
                                  *mail::IpNetwork::Parse("198.51.100.0/24"),
                                  *mail::IpNetwork::Parse("203.0.113.0/24")};
  int in[3] = {};
  for (uint64_t random = 0; random < 3000; ++random) {
    const std::string name =
        Names(WithoutControls(), Asked("1.2.0.192.ok.example.org"), random)[2];
    int a = 0, b = 0, c = 0, d = 0;
    ASSERT_EQ(std::sscanf(name.c_str(), "-%d.%d.%d.%d.", &d, &c, &b, &a), 4);
    const auto ip =
        mail::ParseIp(std::to_string(a) + "." + std::to_string(b) + "." +
                      std::to_string(c) + "." + std::to_string(d));
    ASSERT_TRUE(ip.has_value()) << name;
    EXPECT_TRUE(d != 0 && d != 255) << name;
    for (int i = 0; i < 3; ++i) in[i] += nets[i].Contains(*ip);
  }
  for (const int count : in) EXPECT_EQ(count, 1000);
}

}  // namespace
}  // namespace mailverdict

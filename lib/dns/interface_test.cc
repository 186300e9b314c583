// A DNS server at a link-local address: a real NSD. The interface is in a
// network namespace of the test, so the test has to be root.

#include <gtest/gtest.h>
#include <sched.h>
#include <stdlib.h>

#include <optional>

#include "lib/dns/dns_resolver.h"
#include "lib/dns/name_servers_testing.h"
#include "lib/loop/manual_executor_testing.h"

namespace mailverdict {
namespace {

TEST(DnsZoneTest, AServerAtALinkLocalAddressIsAskedThroughItsInterface) {
  if (unshare(CLONE_NEWNET) != 0 ||
      system("ip link set lo up && "
             "ip link add zone0 type veth peer name peer0 && "
             "ip link set zone0 up && ip link set peer0 up && "
             "ip addr add fe80::53/64 dev zone0 nodad") != 0) {
    GTEST_SKIP() << "needs root, for a network namespace";
  }
  ManualExecutor loop{ManualExecutor::Clock::kReal};
  Nsd authority;
  std::string zone = Nsd::Zone() + "www A 192.0.2.1\n";
  for (int i = 0; i < 40; ++i) {
    zone += "big TXT \"" + std::to_string(i) + std::string(200, 'x') + "\"\n";
  }
  authority.Start({{"example.org", zone}}, "fe80::53%zone0");
  const auto ask = [&](const std::string& interface, const std::string& name,
                       DnsType type) {
    DnsServer server = authority.server();
    server.address = "fe80::53";
    server.interface = interface;
    DnsResolver resolver({{server}, absl::Seconds(5)}, &loop);
    std::optional<Answer> answer;
    resolver.Resolve({name, type}, [&](const Answer& a) { answer = a; });
    EXPECT_TRUE(loop.RunUntil([&] { return answer.has_value(); }));
    return *answer;
  };
  const std::string number = std::to_string(InterfaceIndex("zone0"));
  for (const std::string& interface : {std::string("zone0"), number}) {
    const Answer a = ask(interface, "www.example.org", DnsType::kA);
    EXPECT_EQ(a.values(), std::vector<std::string>{"192.0.2.1"})
        << a.ToString();
    const Answer big = ask(interface, "big.example.org", DnsType::kTxt);
    EXPECT_EQ(big.values().size(), 40u) << big.ToString();  // over TCP
  }
  EXPECT_TRUE(ask("nowhere", "www.example.org", DnsType::kA).unknown());
}

}  // namespace
}  // namespace mailverdict

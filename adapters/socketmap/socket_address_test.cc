#include "adapters/socketmap/socket_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "gtest/gtest.h"

namespace mailverdict {
namespace {

TEST(SocketAddress, OfAUnixSocketIsAPathFromTheRoot) {
  const auto address = ParseSocketAddress("unix:/run/x");
  ASSERT_TRUE(address.ok()) << address.status();
  sockaddr_un name;
  memcpy(&name, &address->name, sizeof name);
  EXPECT_EQ(name.sun_family, AF_UNIX);
  EXPECT_STREQ(name.sun_path, "/run/x");
  EXPECT_TRUE(ParseSocketAddress("unix:/" + std::string(106, 'x')).ok());
  EXPECT_FALSE(ParseSocketAddress("unix:/" + std::string(107, 'x')).ok());
}

TEST(SocketAddress, OfInetIsANumberAndAPort) {
  auto address = ParseSocketAddress("inet:192.0.2.1:7777");
  ASSERT_TRUE(address.ok()) << address.status();
  sockaddr_in name;
  memcpy(&name, &address->name, sizeof name);
  EXPECT_EQ(name.sin_family, AF_INET);
  EXPECT_EQ(ntohs(name.sin_port), 7777);
  EXPECT_EQ(ntohl(name.sin_addr.s_addr), 0xc0000201u);
  address = ParseSocketAddress("inet:[::1]:65535");
  ASSERT_TRUE(address.ok()) << address.status();
  EXPECT_EQ(address->name.ss_family, AF_INET6);
}

TEST(SocketAddress, OfAnotherFormIsAnErrorThatSaysWhatToWrite) {
  for (const std::string text : {"",
                                 "/run/x",
                                 "unix:",
                                 "unix:/",
                                 "unix:run/x",
                                 "inet:",
                                 "inet:1.2.3.4",
                                 "inet:1.2.3.4:",
                                 "inet:1.2.3.4:0",
                                 "inet:1.2.3.4:65536",
                                 "inet:1.2.3.4:07",
                                 "inet:1.2.3.4:7x",
                                 "inet::7",
                                 "inet:localhost:7777",
                                 "inet:[1.2.3.4]:7",
                                 "inet:::1:7",
                                 "inet:[::1:7",
                                 "inet:[::1]7",
                                 "inet:7777@127.0.0.1",
                                 "tcp:1.2.3.4:7"}) {
    const auto address = ParseSocketAddress(text);
    ASSERT_FALSE(address.ok()) << text;
    EXPECT_NE(address.status().message().find("write"), std::string::npos)
        << address.status();
  }
  EXPECT_FALSE(ParseSocketAddress(std::string("unix:/a\0b", 9)).ok());
}

}  // namespace
}  // namespace mailverdict

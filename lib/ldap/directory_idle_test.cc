// Connections that a firewall forgets while they are idle: it silently drops
// what is sent on them later.

#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "lib/ldap/directory_testing.h"
#include "lib/ldap/idle_watch.h"

namespace mailverdict {
namespace {

class DirectoryIdle : public DirectoryFixture {
 protected:
  // Far shorter than in a policy, so that the tests are quick.
  static constexpr absl::Duration kProbe = absl::Milliseconds(60);

  void SetUp() override {
    slapd.Load("full", Slapd::Base() + Controls() + People());
    slapd.Start();
  }
  DirectoryPolicy Through(const CutProxy& proxy) {
    DirectoryPolicy policy = PolicyFor(proxy.uri());
    policy.timeout = absl::Milliseconds(300);
    policy.probe_idle = absl::ZeroDuration();
    return policy;
  }
  int Said(const std::string& words) const {
    return static_cast<int>(
        std::count_if(log.begin(), log.end(), [&](const std::string& line) {
          return absl::StrContains(line, words);
        }));
  }
};

// Uses virtual time, which moves only when the test says so.
TEST_F(DirectoryIdle, OnlyTheFirstRecipientMeetsAForgottenConnection) {
  CutProxy proxy(slapd.port(), {});
  const DirectoryPolicy policy = Through(proxy);
  ManualExecutor still;
  Directory directory(std::make_shared<const DirectoryPolicy>(policy), &still,
                      HealthHooks());
  const auto ask = [&](const char* who) {
    Asked asked(&still, &directory);
    asked.Ask(who);
    EXPECT_TRUE(asked.Wait());
    return asked[0];
  };
  ASSERT_TRUE(ask("joe@example.org").present());

  proxy.Forget();
  still.Advance(absl::Seconds(6));
  Asked lost(&still, &directory);
  lost.Ask("jane@example.org");
  ASSERT_TRUE(still.RunUntil([&] { return proxy.forgotten() > 0; }));
  still.Advance(policy.timeout);
  ASSERT_TRUE(lost.Wait());
  EXPECT_TRUE(lost[0].unknown());
  EXPECT_TRUE(absl::StrContains(lost[0].reason(),
                                "on a connection that was idle for 6s"))
      << lost[0].reason();
  // A new connection is open before the next lookup.
  ASSERT_TRUE(still.RunUntil([&] { return proxy.connections() == 2; }));

  // The firewall forgets connections again and again, but no other lookup has
  // to wait.
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(
        still.RunUntil([&] { return !ask("nobody@example.org").unknown(); }));
    const size_t forgotten = proxy.forgotten();
    proxy.Forget();
    still.Advance(absl::Seconds(6));
    EXPECT_TRUE(ask("joe@example.org").present()) << i;
    EXPECT_TRUE(ask("nobody@example.org").proven()) << i;
    // These are the bytes of an unbind (RFC 4511 4.3). No search was lost.
    EXPECT_LE(proxy.forgotten() - forgotten, 16u);
  }
}

TEST_F(DirectoryIdle, AProbeFindsAForgottenConnectionBeforeARecipientDoes) {
  CutProxy proxy(slapd.port(), {});
  DirectoryPolicy policy = Through(proxy);
  policy.probe_idle = kProbe;
  const auto directory = Open(policy);
  for (int connections = 1; connections < 5; ++connections) {
    ASSERT_TRUE(Resolve(directory.get(), "joe@example.org").present());
    proxy.Forget();
    ASSERT_TRUE(
        loop.RunUntil([&] { return proxy.connections() == connections + 1; }));
  }
  EXPECT_TRUE(Resolve(directory.get(), "nobody@example.org").proven());
  // It does not count as a failure of the directory, and is logged once in five
  // minutes.
  EXPECT_EQ(Said("FAILS"), 0);
  EXPECT_EQ(troubles, 0);
  ASSERT_EQ(log.size(), 1u);
  EXPECT_TRUE(absl::StrContains(log[0], proxy.uri())) << log[0];
  EXPECT_TRUE(absl::StrContains(log[0], "set probe_idle to less")) << log[0];
}

TEST_F(DirectoryIdle, WhoComesWhileAProbeIsLostIsAskedForAgain) {
  CutProxy proxy(slapd.port(), {});
  DirectoryPolicy policy = Through(proxy);
  policy.probe_idle = kProbe;
  policy.timeout = absl::Seconds(2);
  const auto directory = Open(policy);
  ASSERT_TRUE(Resolve(directory.get(), "joe@example.org").present());
  proxy.Forget();
  ASSERT_TRUE(loop.RunUntil([&] { return proxy.forgotten() > 0; }));
  EXPECT_TRUE(Resolve(directory.get(), "jane@example.org").present());
}

TEST_F(DirectoryIdle, ProbesComeOneEachIntervalAndOnlyWhereTheyAreWanted) {
  CutProxy probed(slapd.port(), {});
  CutProxy left_alone(slapd.port(), {});
  DirectoryPolicy policy = Through(probed);
  policy.probe_idle = kProbe;
  const auto directory = Open(policy);
  const auto other = Open(Through(left_alone));
  ASSERT_TRUE(Resolve(directory.get(), "joe@example.org").present());
  ASSERT_TRUE(Resolve(other.get(), "joe@example.org").present());
  const size_t quiet = left_alone.passed(CutProxy::From::kClient);
  const int before = slapd.searches();
  const absl::Time begun = loop.Now();
  constexpr int kProbes = 12;
  ASSERT_TRUE(
      loop.RunUntil([&] { return slapd.searches() >= before + kProbes; }));
  EXPECT_GE(loop.Now() - begun, (kProbes - 1) * kProbe);
  EXPECT_EQ(left_alone.passed(CutProxy::From::kClient), quiet);
  EXPECT_EQ(probed.connections(), 1);
  EXPECT_TRUE(log.empty()) << log[0];
}

// Only the first probe is sent while the server hangs.
TEST_F(DirectoryIdle, AServerThatHangsHearsOneProbeInAConnection) {
  CutProxy proxy(slapd.port(), {});
  DirectoryPolicy policy = Through(proxy);
  policy.probe_idle = kProbe;
  const auto directory = Open(policy);
  ASSERT_TRUE(Resolve(directory.get(), "joe@example.org").present());
  const auto sent = [&] { return proxy.passed(CutProxy::From::kClient); };
  const size_t before = sent();
  ASSERT_TRUE(loop.RunUntil([&] { return sent() > before; }));
  const size_t probe = sent() - before;
  ASSERT_TRUE(loop.RunUntil([&] { return sent() == before + 3 * probe; }));
  slapd.Pause();
  const size_t paused = sent();
  // The new connection hangs in its bind, so it is not a firewall.
  ASSERT_TRUE(
      loop.RunUntil([&] { return Said("FAILS: bind: no answer within"); }));
  EXPECT_LE(sent() - paused, 2 * probe);
  slapd.Resume();
  EXPECT_TRUE(Heals(directory.get(), absl::Seconds(5)));
}

// A probe is a search for the controls, so it notices that they are missing.
TEST_F(DirectoryIdle, AProbeTellsThatTheControlsAreMissing) {
  slapd.Load("empty", Slapd::Base());
  DirectoryPolicy policy = PolicyFor(slapd.uri());
  policy.probe_idle = kProbe;
  const auto directory = Open(policy);
  ASSERT_TRUE(Resolve(directory.get(), "joe@example.org").present());
  slapd.Stop();
  Slapd::Options options;
  options.database = "empty";
  slapd.Start(options);
  EXPECT_TRUE(loop.RunUntil([&] { return Said("is missing") > 0; }));
}

// Returns our end of the connection to `port`; -1 if there is none.
int SocketTo(int port) {
  DIR* all = opendir("/proc/self/fd");
  int found = -1;
  while (const dirent* each = readdir(all)) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    const int fd = atoi(each->d_name);
    if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0 &&
        peer.sin_family == AF_INET && ntohs(peer.sin_port) == port) {
      found = fd;
    }
  }
  closedir(all);
  return found;
}

TEST_F(DirectoryIdle, TheKernelLooksAfterAConnectionAsWell) {
  DirectoryPolicy policy = PolicyFor(slapd.uri());
  policy.probe_idle = absl::Seconds(45);
  policy.timeout = absl::Seconds(2);
  const auto directory = Open(policy);
  ASSERT_TRUE(Resolve(directory.get(), "joe@example.org").present());
  const int fd = SocketTo(slapd.port());
  ASSERT_GE(fd, 0);
  const auto option = [&](int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    getsockopt(fd, level, name, &value, &size);
    return value;
  };
  EXPECT_EQ(option(SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPIDLE), 45);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_USER_TIMEOUT), 2000);
}

TEST(IdleWatchTest, ALongerRestThatDidNoHarmIsTrustedAgain) {
  const absl::Time start = absl::FromUnixSeconds(1'800'000'000);
  const auto at = [&](int seconds) { return start + absl::Seconds(seconds); };
  IdleWatch idle(absl::Seconds(30));
  idle.Opened(at(0));
  EXPECT_EQ(idle.NextProbe(), at(30));
  EXPECT_TRUE(idle.Trusts(at(3600)));
  // The connection was not idle, so the server is slow.
  EXPECT_FALSE(idle.Lost(at(1), /*probe=*/false));
  EXPECT_TRUE(idle.Trusts(at(3600)));
  EXPECT_TRUE(idle.Lost(at(10), /*probe=*/false));
  idle.Opened(at(13));
  EXPECT_TRUE(idle.Trusts(at(14)));
  EXPECT_FALSE(idle.Trusts(at(15)));
  // The probe after 30 s was answered.
  idle.Answered(at(43), at(43));
  EXPECT_TRUE(idle.Trusts(at(73)));
  EXPECT_FALSE(idle.Trusts(at(74)));
}

}  // namespace
}  // namespace mailverdict

// The name of a server gets another address, while the machine at the old
// address still answers.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/ldap/directory_testing.h"
#include "lib/ldap/host_names_testing.h"
#include "lib/ldap/server.h"

namespace mailverdict {
namespace {

constexpr char kName[] = "ldap.example.org";
constexpr char kOld[] = "127.0.0.1";
constexpr char kNew[] = "127.0.0.2";

// Only the new machine has jane.
class DirectoryMove : public DirectoryFixture {
 protected:
  DirectoryMove() {
    names.Set(kName, {kOld});
    slapd.Load("full", Slapd::Base() + Controls() +
                           Slapd::Person("joe", {"joe@example.org"}));
    moved.Load("full", Slapd::Base() + Controls() + People());
    slapd.Start();
    moved.Start();
    server = OpenServer(PolicyFor("ldap://" + std::string(kName) + ":" +
                                  std::to_string(slapd.port())),
                        absl::Milliseconds(20));
  }

  // Waits until a name lookup that began after this call has ended and was
  // reported.
  bool IsLookedUpAgain() {
    const int two_more = names.Lookups(kName) + 2;
    return loop.RunUntil([&] { return names.Lookups(kName) >= two_more; });
  }
  bool IsBoundAtNew() {
    return loop.RunUntil([this] { return moved.Logged(" BIND dn=") > 0; });
  }
  void ExpectNoFailure() {
    EXPECT_EQ(troubles, 0);
    EXPECT_FALSE(server->state().failing);
    EXPECT_EQ(server->state().why, "");
  }

  HostNames names;
  Slapd moved{kNew, slapd};
  std::unique_ptr<DirectoryServer> server;
};

TEST_F(DirectoryMove, IsFollowedAndIsNoFailure) {
  EXPECT_TRUE(Resolve(server.get(), "jane@example.org").absent());
  names.Set(kName, {kNew});
  ASSERT_TRUE(IsBoundAtNew());
  const int before = slapd.searches();
  EXPECT_TRUE(Resolve(server.get(), "jane@example.org").present());
  EXPECT_TRUE(Resolve(server.get(), "joe@example.org").present());
  const Answer nobody = Resolve(server.get(), "nobody@example.org");
  EXPECT_TRUE(nobody.proven()) << nobody.ToString();
  EXPECT_EQ(slapd.searches(), before);
  ASSERT_TRUE(IsLookedUpAgain());
  ASSERT_EQ(log.size(), 1u);
  EXPECT_NE(log[0].find(" is at 127.0.0.2 now, no longer at 127.0.0.1"),
            std::string::npos)
      << log[0];
  EXPECT_EQ(moved.Logged(" BIND dn="), 1);
  ExpectNoFailure();
}

TEST_F(DirectoryMove, WhatWasAskedIsAnsweredAndTheNextAsksTheNewOne) {
  ASSERT_TRUE(Resolve(server.get(), "joe@example.org").present());
  const int before = slapd.searches();
  slapd.Pause();
  Asked asked(&loop, server.get());
  asked.Ask("joe@example.org");
  ASSERT_TRUE(IsLookedUpAgain());  // it is on its way
  names.Set(kName, {kNew});
  ASSERT_TRUE(loop.RunUntil([this] { return !log.empty(); }));
  asked.Ask("jane@example.org");
  ASSERT_TRUE(IsLookedUpAgain());
  EXPECT_EQ(asked.answered(), 0u);
  EXPECT_EQ(moved.Logged(" BIND dn="), 0);
  slapd.Resume();
  ASSERT_TRUE(asked.Wait());
  EXPECT_TRUE(asked[0].present()) << asked[0].ToString();
  EXPECT_TRUE(asked[1].present()) << asked[1].ToString();
  EXPECT_EQ(slapd.searches(), before + 1);
  EXPECT_EQ(log.size(), 1u);
  ExpectNoFailure();
}

TEST_F(DirectoryMove, ALookupThatFailsOrNamesItsAddressTooChangesNothing) {
  ASSERT_TRUE(Resolve(server.get(), "joe@example.org").present());
  for (const std::vector<std::string>& addresses :
       {std::vector<std::string>{}, {kNew, kOld}, {kOld}}) {
    names.Set(kName, addresses);
    ASSERT_TRUE(IsLookedUpAgain());
    EXPECT_TRUE(Resolve(server.get(), "joe@example.org").present());
  }
  EXPECT_EQ(slapd.Logged(" BIND dn="), 1);
  EXPECT_EQ(moved.Logged(" BIND dn="), 0);
  EXPECT_TRUE(log.empty());
  ExpectNoFailure();
}

TEST_F(DirectoryMove, ToAMachineThatIsDownIsAFailureUntilItIsUp) {
  ASSERT_TRUE(Resolve(server.get(), "joe@example.org").present());
  moved.Stop();
  names.Set(kName, {kNew});
  ASSERT_TRUE(loop.RunUntil([this] { return server->state().failing; }));
  EXPECT_TRUE(Resolve(server.get(), "joe@example.org").unknown());
  moved.Start();
  EXPECT_TRUE(loop.RunUntil([this] { return !server->state().failing; }));
  EXPECT_TRUE(Resolve(server.get(), "jane@example.org").present());
}

// An address that both machines have is never absent or Unknown, however often
// the name moves.
TEST_F(DirectoryMove, ToAndFroWhileItIsAsked) {
  ASSERT_TRUE(Resolve(server.get(), "joe@example.org").present());
  size_t asked = 0, present = 0;
  bool stop = false;
  std::function<void()> ask = [&] {
    if (stop) return;
    ++asked;
    server->Resolve({"people", {"joe@example.org"}, ""},
                    [&](const Answer& answer) {
                      EXPECT_TRUE(answer.present()) << answer.ToString();
                      ++present;
                      loop.RunAfter(absl::Milliseconds(1), ask);
                    });
  };
  for (int i = 0; i < 16; ++i) ask();
  for (size_t moves = 1; moves <= 10; ++moves) {
    const Slapd& to = moves % 2 == 1 ? moved : slapd;
    const int before = to.Logged(" BIND dn=");
    names.Set(kName, {moves % 2 == 1 ? kNew : kOld});
    ASSERT_TRUE(loop.RunUntil([&] { return to.Logged(" BIND dn=") > before; }));
    ASSERT_TRUE(loop.RunUntil([&] { return log.size() == moves; }));
  }
  stop = true;
  ASSERT_TRUE(
      loop.RunUntil([&] { return present >= asked && loop.timers() == 0; }));
  EXPECT_GT(present, 100u);
  ExpectNoFailure();
}

}  // namespace
}  // namespace mailverdict

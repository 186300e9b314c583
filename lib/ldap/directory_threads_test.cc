// A directory on a system that allows no further thread.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "lib/ldap/directory_testing.h"
#include "lib/loop/no_threads_testing.h"

namespace mailverdict {
namespace {

using testing::HasSubstr;

class DirectoryThreads : public DirectoryFixture {
 protected:
  void SetUp() override {
    slapd.Load("full", Slapd::Base() + Controls() + People());
    slapd.Start();
    none.emplace();
  }

  std::optional<NoThreads> none;
};

TEST_F(DirectoryThreads, LookupsAreUnknownUntilThereIsOne) {
  const auto directory = Open(PolicyFor(slapd.uri()));
  const Answer answer = Resolve(directory.get(), "joe@example.org");
  EXPECT_TRUE(answer.unknown());
  EXPECT_THAT(answer.reason(), HasSubstr("no thread to spare"));
  loop.RunUntil([&] { return !log.empty(); });
  ASSERT_FALSE(log.empty());
  EXPECT_THAT(log[0], HasSubstr("FAILS: connecting takes a thread"));
  EXPECT_THAT(log[0], HasSubstr("deferred (451)"));
  ASSERT_EQ(directory->servers().size(), 1u);
  EXPECT_TRUE(directory->servers()[0].failing);
  EXPECT_GE(troubles, 1);
  none.reset();
  EXPECT_TRUE(Heals(directory.get(), absl::Seconds(10)));
  EXPECT_FALSE(directory->servers()[0].failing);
}

TEST_F(DirectoryThreads, ADirectoryThatNeverHadOneEndsInPeace) {
  auto directory = Open(PolicyFor(slapd.uri()));
  EXPECT_EQ(loop.timers(), 1u);
  directory.reset();
  EXPECT_EQ(loop.timers(), 0u);
  loop.RunReady();
}

}  // namespace
}  // namespace mailverdict

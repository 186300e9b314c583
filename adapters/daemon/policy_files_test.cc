#include "adapters/daemon/policy_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

namespace mailverdict {
namespace {

class PolicyFiles : public testing::Test {
 protected:
  std::string Path(const std::string& name) {
    return testing::TempDir() + "/" + name;
  }
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(Path(name)) << text;
  }
};

TEST_F(PolicyFiles, AChangeIsToldOnceWhenItHasSettled) {
  Write("list", "one");
  FileWatch watch({Path("list"), Path("missing")});
  EXPECT_FALSE(watch.Look());
  EXPECT_TRUE(watch.Look()) << "it may have changed before";
  EXPECT_FALSE(watch.Look());
  Write("list", "one and");
  EXPECT_FALSE(watch.Look()) << "somebody may be writing";
  Write("list", "one and two");
  EXPECT_FALSE(watch.Look());
  EXPECT_TRUE(watch.Look());
  EXPECT_FALSE(watch.Look());
}

TEST_F(PolicyFiles, OneThatGoesOrIsReplacedHasChanged) {
  Write("list", "one");
  FileWatch watch({Path("list")});
  watch.Look();
  watch.Look();
  Write("new", "two");
  ASSERT_EQ(rename(Path("new").c_str(), Path("list").c_str()), 0);
  EXPECT_FALSE(watch.Look());
  EXPECT_TRUE(watch.Look());
  ASSERT_EQ(unlink(Path("list").c_str()), 0);
  EXPECT_FALSE(watch.Look());
  EXPECT_TRUE(watch.Look());
}

TEST_F(PolicyFiles, ListsAreReadAgainAndNothingElse) {
  Write("list", "wrong.com\n");
  Write("valid", "ann@example.org\n");
  Write("policy",
        "realm { domain: \"example.org\" catch_all: true also_valid: \"" +
            Path("valid") +
            "\" }\ncheck { domain { dns: false instant_reject_file: \"" +
            Path("list") + "\" } }\n");
  const absl::StatusOr<LoadedPolicy> loaded = ReadPolicyFile(Path("policy"));
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const Policy& first = loaded->policy;
  EXPECT_EQ(WatchedFiles(first), std::vector<std::string>{Path("list")});
  Write("policy", "rubbish");
  Write("valid", "rubbish@@");
  absl::StatusOr<Policy> again = ReadWatchedFiles(first);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(SameWatchedFiles(first, *again));
  Write("list", "worse.com\n");
  again = ReadWatchedFiles(first);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_FALSE(SameWatchedFiles(first, *again));
  const DomainList& list = again->FindCheck<DomainCheckPolicy>()->lists[0];
  EXPECT_TRUE(list.Find("worse.com").has_value());
  EXPECT_FALSE(list.Find("wrong.com").has_value());
  EXPECT_EQ(again->realms[0].valid_addresses.size(), 1u);
  Write("list", "joe@worse.com\n");
  again = ReadWatchedFiles(first);
  ASSERT_FALSE(again.ok());
  EXPECT_NE(again.status().message().find("list:1:4"), std::string::npos)
      << again.status();
  EXPECT_FALSE(ReadPolicyFile(Path("policy")).ok());
}

}  // namespace
}  // namespace mailverdict

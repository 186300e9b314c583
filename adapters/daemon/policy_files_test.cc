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
  FileWatch watch({{Path("list"), StampOf(Path("list"))}});
  EXPECT_FALSE(watch.Look().has_value());
  Write("list", "one and");
  EXPECT_FALSE(watch.Look().has_value()) << "somebody may be writing";
  Write("list", "one and two");
  EXPECT_FALSE(watch.Look().has_value());
  EXPECT_EQ(watch.Look(), Path("list"));
  EXPECT_FALSE(watch.Look().has_value());
}

TEST_F(PolicyFiles, OneThatGoesOrIsReplacedHasChanged) {
  Write("list", "one");
  FileWatch watch({{Path("list"), StampOf(Path("list"))}});
  Write("new", "two");
  ASSERT_EQ(rename(Path("new").c_str(), Path("list").c_str()), 0);
  EXPECT_FALSE(watch.Look().has_value());
  EXPECT_EQ(watch.Look(), Path("list"));
  ASSERT_EQ(unlink(Path("list").c_str()), 0);
  EXPECT_FALSE(watch.Look().has_value());
  EXPECT_EQ(watch.Look(), Path("list"));
}

TEST_F(PolicyFiles, NamedFilesAreReadAgainAndThePolicyIsNot) {
  Write("list", "wrong.com\n");
  Write("policy",
        "check { domain { instant_reject_file: \"" + Path("list") + "\" } }\n");
  const absl::StatusOr<ReadPolicy> first = ReadPolicyFile(Path("policy"));
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_EQ(first->stamps.size(), 1u);
  EXPECT_EQ(first->stamps.begin()->first, Path("list"));
  Write("policy", "rubbish");
  Write("list", "worse.com\n");
  const absl::StatusOr<ReadPolicy> again =
      ReadNamedFiles(first->path, first->text);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->loaded.policy.FindDomainCheck()
                  ->lists[0]
                  .Find("worse.com")
                  .has_value());
  Write("list", "joe@worse.com\n");
  const absl::StatusOr<ReadPolicy> bad =
      ReadNamedFiles(first->path, first->text);
  ASSERT_FALSE(bad.ok());
  EXPECT_NE(bad.status().message().find("list:1:4"), std::string::npos)
      << bad.status();
  EXPECT_FALSE(ReadPolicyFile(Path("policy")).ok());
}

}  // namespace
}  // namespace mailverdict

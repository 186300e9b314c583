#include "adapters/daemon/policy_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
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
  // A watch that has seen all there is.
  FileWatch Settled(const std::vector<std::string>& paths) {
    FileWatch watch(paths);
    watch.Look();
    watch.Look();
    return watch;
  }
};

TEST_F(PolicyFiles, AChangeIsToldOnceWhenItHasSettled) {
  Write("list", "one");
  FileWatch watch({Path("list"), Path("missing")});
  EXPECT_TRUE(watch.Look().empty());
  EXPECT_FALSE(watch.Look().empty()) << "it may have changed before";
  EXPECT_TRUE(watch.Look().empty());
  Write("list", "one and");
  EXPECT_TRUE(watch.Look().empty()) << "somebody may be writing";
  Write("list", "one and two");
  EXPECT_TRUE(watch.Look().empty());
  EXPECT_FALSE(watch.Look().empty());
  EXPECT_TRUE(watch.Look().empty());
}

TEST_F(PolicyFiles, OneThatGoesOrIsReplacedHasChanged) {
  Write("list", "one");
  FileWatch watch = Settled({Path("list")});
  Write("new", "two");
  ASSERT_EQ(rename(Path("new").c_str(), Path("list").c_str()), 0);
  EXPECT_TRUE(watch.Look().empty());
  EXPECT_FALSE(watch.Look().empty());
  ASSERT_EQ(unlink(Path("list").c_str()), 0);
  EXPECT_TRUE(watch.Look().empty());
  EXPECT_FALSE(watch.Look().empty());
  Write("list", "three");
  EXPECT_TRUE(watch.Look().empty());
  EXPECT_FALSE(watch.Look().empty()) << "it is there again";
}

TEST_F(PolicyFiles, OnlyTheFilesThatAreQuietAreNamed) {
  Write("quiet", "one");
  Write("busy", "one");
  FileWatch watch = Settled({Path("quiet"), Path("busy")});
  Write("quiet", "changed");
  Write("busy", "half");
  EXPECT_TRUE(watch.Look().empty());
  Write("busy", "half and more");
  EXPECT_EQ(watch.Look(), std::set<std::string>{Path("quiet")});
  EXPECT_TRUE(watch.IsSettled(Path("quiet")));
  EXPECT_FALSE(watch.IsSettled(Path("busy")));
  EXPECT_EQ(watch.Look(), std::set<std::string>{Path("busy")});
  EXPECT_FALSE(watch.IsSettled(Path("not watched")));
}

TEST_F(PolicyFiles, ASymbolicLinkThatPointsElsewhereHasChanged) {
  Write("list.1", "one");
  Write("list.2", "two");
  unlink(Path("link").c_str());
  ASSERT_EQ(symlink("list.1", Path("link").c_str()), 0);
  FileWatch watch = Settled({Path("link")});
  ASSERT_EQ(symlink("list.2", Path("new").c_str()), 0);
  ASSERT_EQ(rename(Path("new").c_str(), Path("link").c_str()), 0);
  EXPECT_TRUE(watch.Look().empty());
  EXPECT_FALSE(watch.Look().empty());
}

TEST_F(PolicyFiles, AChangeWhoseTimeWasSetBackIsSeen) {
  Write("list", "one");
  struct stat before;
  ASSERT_EQ(stat(Path("list").c_str(), &before), 0);
  FileWatch watch = Settled({Path("list")});
  Write("list", "two");
  const timespec times[] = {before.st_atim, before.st_mtim};
  ASSERT_EQ(utimensat(AT_FDCWD, Path("list").c_str(), times, 0), 0);
  struct stat after;
  ASSERT_EQ(stat(Path("list").c_str(), &after), 0);
  ASSERT_EQ(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
  ASSERT_EQ(after.st_size, before.st_size);
  EXPECT_TRUE(watch.Look().empty());
  EXPECT_FALSE(watch.Look().empty());
}

TEST_F(PolicyFiles, WhatIsNoRegularFileOrTooLargeIsAnError) {
  unlink(Path("pipe").c_str());
  ASSERT_EQ(mkfifo(Path("pipe").c_str(), 0600), 0);
  EXPECT_FALSE(ReadFile(Path("pipe")).ok());
  EXPECT_FALSE(ReadFile(testing::TempDir()).ok());
  Write("huge", "");
  ASSERT_EQ(truncate(Path("huge").c_str(), kMaxFileBytes + 1), 0);
  EXPECT_NE(std::string(ReadFile(Path("huge")).status().message())
                .find("larger than 128 MB"),
            std::string::npos);
  unlink(Path("huge").c_str());
}

}  // namespace
}  // namespace mailverdict

#include "lib/history/saved_lists.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>

namespace mailverdict {
namespace {

class SavedLists : public testing::Test {
 protected:
  SavedLists() {
    char folder[] = "/tmp/saved_lists_XXXXXX";
    folder_ = mkdtemp(folder);
    file = SavedListsFile(folder_ + "/history");
  }
  ~SavedLists() override {
    for (const char* name : {"/history-lists", "/history-lists.new"}) {
      unlink((folder_ + name).c_str());
    }
    rmdir(folder_.c_str());
  }

  static SavedList List(bool domains, const std::string& path,
                        const std::string& text) {
    return {domains, path, std::make_shared<const std::string>(text)};
  }
  std::string Bytes() {
    std::ostringstream all;
    all << std::ifstream(file, std::ios::binary).rdbuf();
    return all.str();
  }
  void Put(const std::string& bytes) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
  }
  // Returns "path=text" for each list, with "!" before a list of domains.
  std::vector<std::string> Read() {
    const auto lists = ReadSavedLists(file);
    EXPECT_TRUE(lists.ok()) << lists.status();
    std::vector<std::string> shown;
    if (!lists.ok()) return shown;
    for (const SavedList& list : *lists) {
      shown.push_back((list.domains ? "!" : "") + list.path + "=" + *list.text);
    }
    return shown;
  }

  std::string folder_, file;
};

TEST_F(SavedLists, GivesBackWhatWasWritten) {
  EXPECT_EQ(ReadSavedLists(file).status().code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(WriteSavedLists(file, {List(false, "/etc/aliases", "a: b\n"),
                                     List(true, "/etc/wrong", ""),
                                     List(false, "", std::string(3, '\0'))})
                  .ok());
  EXPECT_THAT(Read(),
              testing::ElementsAre("/etc/aliases=a: b\n",
                                   "!/etc/wrong=", "=" + std::string(3, '\0')));
  ASSERT_TRUE(WriteSavedLists(file, {}).ok());
  EXPECT_THAT(Read(), testing::IsEmpty());
  struct stat about;
  ASSERT_EQ(stat(file.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
  EXPECT_NE(access((file + ".new").c_str(), F_OK), 0);
}

TEST_F(SavedLists, AnyCutOrChangedByteIsDamage) {
  ASSERT_TRUE(WriteSavedLists(file, {List(false, "/a", "joe\nann\n")}).ok());
  const std::string whole = Bytes();
  for (size_t i = 0; i < whole.size(); ++i) {
    Put(whole.substr(0, i));
    EXPECT_EQ(ReadSavedLists(file).status().code(), absl::StatusCode::kDataLoss)
        << "cut at " << i;
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 0x40);
    Put(changed);
    EXPECT_EQ(ReadSavedLists(file).status().code(), absl::StatusCode::kDataLoss)
        << "changed at " << i;
  }
  Put(whole + "x");
  EXPECT_EQ(ReadSavedLists(file).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(SavedLists, AFullDiskLeavesTheOldOne) {
  ASSERT_TRUE(WriteSavedLists(file, {List(false, "/a", "joe\n")}).ok());
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small = {4096, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const absl::Status full =
      WriteSavedLists(file, {List(false, "/a", std::string(10'000, 'x'))});
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(full.code(), absl::StatusCode::kUnavailable) << full;
  EXPECT_THAT(Read(), testing::ElementsAre("/a=joe\n"));
  EXPECT_NE(access((file + ".new").c_str(), F_OK), 0)
      << "what was written of it would keep the disk full";
}

TEST_F(SavedLists, WhatACrashLeftBehindDoesNotCount) {
  std::ofstream(file + ".new", std::ios::binary) << std::string(10'000, 'x');
  ASSERT_TRUE(WriteSavedLists(file, {List(false, "/a", "joe\n")}).ok());
  EXPECT_THAT(Read(), testing::ElementsAre("/a=joe\n"));
}

TEST_F(SavedLists, AListThatIsNoLongerWrittenIsForgotten) {
  ASSERT_TRUE(WriteSavedLists(file, {List(false, "/a", "joe\n"),
                                     List(false, "/b", "ann\n")})
                  .ok());
  ASSERT_TRUE(WriteSavedLists(file, {List(false, "/b", "eve\n")}).ok());
  EXPECT_THAT(Read(), testing::ElementsAre("/b=eve\n"));
}

TEST_F(SavedLists, WhatIsNoFileIsDamage) {
  ASSERT_EQ(mkdir(file.c_str(), 0700), 0);
  EXPECT_EQ(ReadSavedLists(file).status().code(), absl::StatusCode::kDataLoss);
  ASSERT_EQ(rmdir(file.c_str()), 0);
  ASSERT_EQ(mkfifo(file.c_str(), 0600), 0);
  EXPECT_EQ(ReadSavedLists(file).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(SavedLists, WithoutAHistoryThereIsNone) {
  EXPECT_EQ(SavedListsFile(""), "");
}

}  // namespace
}  // namespace mailverdict

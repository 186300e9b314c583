#include "lib/history/lmdb_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "lib/history/lmdb_testing.h"

namespace mailverdict {
namespace {

using Names = std::vector<std::string>;

TEST(LmdbStore, KeepsItsEntriesAndItsSalt) {
  Folder folder;
  std::string salt;
  for (int run = 0; run < 3; ++run) {
    Lines lines;
    auto store = OpenStore(folder, &lines);
    ASSERT_TRUE(store.ok()) << store.status();
    EXPECT_EQ(ValueOf(store->get(), "joe"),
              run == 0 ? "-" : absl::StrCat(run - 1));
    EXPECT_EQ((*store)->size(), run == 0 ? 0u : 1u);
    if (run > 0) {
      EXPECT_EQ((*store)->salt(), salt);
    }
    salt = (*store)->salt();
    ASSERT_TRUE((*store)->Put("joe", absl::StrCat(run)).ok());
    EXPECT_EQ(lines.all(), Names());
  }
  EXPECT_EQ(folder.Names(), (Names{"history", "history-lock", "history.lock"}));
}

TEST(LmdbStore, IsForNobodyElseToRead) {
  Folder folder;
  const mode_t before = umask(0);
  Fill(folder);
  umask(before);
  for (const std::string& name : folder.Names()) {
    struct stat about;
    ASSERT_EQ(stat((folder.path() + "/" + name).c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777, 0600u) << name;
  }
  ASSERT_EQ(chmod(folder.file().c_str(), 0644), 0);
  Fill(folder);
  struct stat about;
  ASSERT_EQ(stat(folder.file().c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
}

TEST(LmdbStore, OneAtATimeHasTheFile) {
  Folder folder;
  Fill(folder);
  auto first = OpenStore(folder);
  ASSERT_TRUE(first.ok()) << first.status();
  Lines lines;
  auto second = OpenStore(folder, &lines);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::StrContains(second.status().message(),
                                folder.file() + ".lock is locked"))
      << second.status();
  EXPECT_EQ(ValueOf(first->get(), "joe"), "1");
  first->reset();
  EXPECT_TRUE(OpenStore(folder).ok());
  EXPECT_EQ(folder.SetAside(), Names());
}

TEST(LmdbStore, AnEmptyFileIsFilledWithoutAlarm) {
  Folder folder;
  WriteAll(folder.file(), "");
  Lines lines;
  auto store = OpenStore(folder, &lines);
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ(lines.all(), Names());
  EXPECT_EQ(folder.SetAside(), Names());
}

// A process that is killed during its first start leaves this file.
TEST(LmdbStore, AnUnfinishedFileIsBegunAnew) {
  Folder folder;
  WriteAll(folder.file() + ".new", std::string(4096, '\0'));
  Lines lines;
  auto store = OpenStore(folder, &lines);
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ(lines.all(), Names());
  EXPECT_EQ(folder.Names(), (Names{"history", "history-lock", "history.lock"}));
}

TEST(LmdbStore, ALockFileOfRubbishDoesNotMatter) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{8192}, size_t{9000}}) {
    Folder folder;
    Fill(folder);
    WriteAll(folder.file() + "-lock", std::string(size, '\xa5'));
    WriteAll(folder.file() + ".lock", "1234\n");
    auto store = OpenStore(folder);
    ASSERT_TRUE(store.ok()) << store.status();
    EXPECT_EQ(ValueOf(store->get(), "joe"), "1");
    ASSERT_TRUE((*store)->Put("joe", "2").ok());
    ASSERT_TRUE((*store)->Sync().ok());
  }
}

TEST(LmdbStore, WhatIsNoFileIsRefusedAndLeftAlone) {
  {
    Folder folder;
    ASSERT_EQ(mkdir(folder.file().c_str(), 0700), 0);
    const auto store = OpenStore(folder);
    EXPECT_EQ(store.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(store.status().message(),
              folder.file() + " is a directory; a file is needed");
    EXPECT_EQ(folder.Names(), (Names{"history", "history.lock"}));
  }
  {
    Folder folder;
    ASSERT_EQ(mkfifo(folder.file().c_str(), 0600), 0);
    const auto store = OpenStore(folder);
    EXPECT_EQ(store.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(folder.Names(), (Names{"history", "history.lock"}));
  }
}

TEST(LmdbStore, AFolderThatIsNotThereIsAnError) {
  LmdbStore::Options options;
  options.path = "/nonexistent/history";
  const auto store = LmdbStore::Open(options);
  ASSERT_FALSE(store.ok());
  EXPECT_TRUE(absl::StrContains(store.status().message(),
                                "/nonexistent/history.lock: No such file"))
      << store.status();
}

// If the test runs as root, it tries this as another user.
TEST(LmdbStore, WithoutPermissionItIsAnErrorAndNothingChanges) {
  Folder folder;
  Fill(folder);
  const std::string before = ReadAll(folder.file());
  const bool root = geteuid() == 0;
  if (root) {
    ASSERT_EQ(chmod(folder.path().c_str(), 0777), 0);
    ASSERT_EQ(chmod((folder.file() + ".lock").c_str(), 0666), 0);
    ASSERT_EQ(seteuid(65534), 0);
  } else {
    ASSERT_EQ(chmod(folder.file().c_str(), 0), 0);
  }
  Lines lines;
  const auto store = OpenStore(folder, &lines);
  if (root) {
    ASSERT_EQ(seteuid(0), 0);
  } else {
    ASSERT_EQ(chmod(folder.file().c_str(), 0600), 0);
  }
  EXPECT_EQ(store.status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(store.status().message(), folder.file() + ": Permission denied");
  EXPECT_EQ(lines.all(), Names());
  EXPECT_TRUE(ReadAll(folder.file()) == before);
}

TEST(LmdbStore, LongValuesDoNotFillTheMap) {
  Folder folder;
  Lines lines;
  auto store = OpenStore(folder, &lines, /*max_entries=*/40'000);
  ASSERT_TRUE(store.ok()) << store.status();
  // Without forgetting, this would be more than the map holds.
  const std::string value(Store::kMaxValueBytes, 'x');
  for (int i = 0; i < 60'000; ++i) {
    ASSERT_TRUE((*store)->Put(absl::StrCat("key", i), value).ok());
    if (i % 10'000 == 0) {
      ASSERT_TRUE((*store)->Sync().ok()) << i;
    }
  }
  ASSERT_TRUE((*store)->Sync().ok());
  EXPECT_EQ(lines.all(), Names());
  EXPECT_GT((*store)->size(), 5'000u);
  EXPECT_LT((*store)->size(), 40'000u);
  EXPECT_EQ(ValueOf(store->get(), "key59999"), value);
}

TEST(LmdbStore, ASmallerMaximumHoldsAfterTheNextWrites) {
  Folder folder;
  {
    auto store = OpenStore(folder);
    ASSERT_TRUE(store.ok());
    for (int i = 0; i < 500; ++i) {
      ASSERT_TRUE((*store)->Put(absl::StrCat("key", i), "").ok());
    }
  }
  auto store = OpenStore(folder, nullptr, 100);
  ASSERT_TRUE(store.ok());
  EXPECT_EQ((*store)->size(), 500u);
  EXPECT_EQ(ValueOf(store->get(), "key7"), "");
  for (int i = 0; i < 60; ++i) {
    ASSERT_TRUE((*store)->Put(absl::StrCat("new", i), "").ok());
    ASSERT_TRUE((*store)->Sync().ok());
  }
  EXPECT_LE((*store)->size(), 100u);
  EXPECT_EQ(ValueOf(store->get(), "new59"), "");
}

}  // namespace
}  // namespace mailverdict

// Reads and writes on one thread while the store's thread commits, starts new
// generations and opens the file again. Most useful with --config=tsan.

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "lib/history/lmdb_testing.h"

namespace mailverdict {
namespace {

TEST(LmdbThreads, WhatWasPutIsReadWhateverTheOtherThreadDoes) {
  Folder folder;
  Lines lines;
  auto opened = OpenStore(folder, &lines);
  ASSERT_TRUE(opened.ok()) << opened.status();
  LmdbStore* store = opened->get();
  std::mt19937 random(1);
  absl::flat_hash_map<std::string, std::string> model;
  for (int i = 0; i < 60'000; ++i) {
    const std::string key = absl::StrCat(random() % 3000);
    switch (random() % 4) {
      case 0:
        ASSERT_TRUE(store->Erase(key).ok());
        model.erase(key);
        break;
      case 1:
        ASSERT_TRUE(store->Put(key, absl::StrCat(i)).ok());
        model[key] = absl::StrCat(i);
        break;
      default:
        const auto known = model.find(key);
        ASSERT_EQ(ValueOf(store, key),
                  known == model.end() ? "-" : known->second);
    }
  }
  ASSERT_TRUE(store->Sync().ok());
  EXPECT_EQ(store->size(), model.size());
  EXPECT_TRUE(lines.all().empty());
}

TEST(LmdbThreads, ReadsGoOnWhileGenerationsTurn) {
  Folder folder;
  auto opened = OpenStore(folder, nullptr, /*max_entries=*/2000);
  ASSERT_TRUE(opened.ok()) << opened.status();
  LmdbStore* store = opened->get();
  for (int i = 0; i < 30'000; ++i) {
    ASSERT_TRUE(store->Put(absl::StrCat("key", i), absl::StrCat(i)).ok());
    const int other = i / 2;
    const std::string value = ValueOf(store, absl::StrCat("key", other));
    ASSERT_TRUE(value == "-" || value == absl::StrCat(other)) << value;
    ASSERT_EQ(ValueOf(store, absl::StrCat("key", i)), absl::StrCat(i));
  }
  ASSERT_TRUE(store->Sync().ok());
  EXPECT_LE(store->size(), 2000u);
  int visited = 0;
  ASSERT_TRUE(
      store->ForEach("", [&](auto, auto) { return ++visited > 0; }).ok());
  EXPECT_EQ(static_cast<size_t>(visited), store->size());
}

TEST(LmdbThreads, EndsWithAllThatWasPut) {
  Folder folder;
  for (int run = 0; run < 10; ++run) {
    auto store = OpenStore(folder);
    ASSERT_TRUE(store.ok()) << store.status();
    EXPECT_EQ((*store)->size(), static_cast<size_t>(run * 1500));
    for (int i = 0; i < 1500; ++i) {
      ASSERT_TRUE((*store)->Put(absl::StrCat(run, "/", i), "").ok());
    }
  }
}

}  // namespace
}  // namespace mailverdict

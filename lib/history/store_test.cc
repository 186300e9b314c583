// The rules for every Store.

#include "lib/history/store.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "lib/history/store_testing.h"

namespace mailverdict {
namespace {

class StoreTest : public testing::TestWithParam<StoreKind> {
 protected:
  void Open(size_t max_entries) {
    auto opened = GetParam().open(folder_, max_entries);
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }
  void SetUp() override { Open(1000); }

  void Put(const std::string& key, const std::string& value) {
    ASSERT_TRUE(store_->Put(key, value).ok()) << key;
  }
  // Puts and commits. The order of writes within one commit is not kept.
  void PutNow(const std::string& key, const std::string& value) {
    Put(key, value);
    ASSERT_TRUE(store_->Sync().ok());
  }
  std::string Value(const std::string& key) {
    return ValueOf(store_.get(), key);
  }
  std::map<std::string, std::string> All(const std::string& prefix) {
    std::map<std::string, std::string> all;
    EXPECT_TRUE(
        store_
            ->ForEach(prefix,
                      [&](std::string_view key, std::string_view value) {
                        EXPECT_TRUE(all.emplace(key, value).second);
                        return true;
                      })
            .ok());
    return all;
  }

  Folder folder_;
  std::unique_ptr<Store> store_;
};

INSTANTIATE_TEST_SUITE_P(All, StoreTest, testing::ValuesIn(kStoreKinds),
                         [](const auto& info) { return info.param.name; });

TEST_P(StoreTest, HasWhatWasPut) {
  EXPECT_EQ(Value("joe"), "-");
  Put("joe", "1");
  EXPECT_EQ(Value("joe"), "1");
  ASSERT_TRUE(store_->Sync().ok());
  EXPECT_EQ(Value("joe"), "1");
  EXPECT_EQ(store_->size(), 1u);
  Put("joe", "2");
  EXPECT_EQ(Value("joe"), "2");
  ASSERT_TRUE(store_->Sync().ok());
  EXPECT_EQ(Value("joe"), "2");
  EXPECT_EQ(store_->size(), 1u);
  EXPECT_EQ(Value("jo"), "-");
  EXPECT_EQ(Value("joe "), "-");
}

TEST_P(StoreTest, WhatIsErasedIsGone) {
  for (const bool sync_before : {false, true}) {
    Put("joe", "1");
    if (sync_before) {
      ASSERT_TRUE(store_->Sync().ok());
    }
    ASSERT_TRUE(store_->Erase("joe").ok());
    ASSERT_TRUE(store_->Erase("nobody").ok());
    EXPECT_EQ(Value("joe"), "-");
    ASSERT_TRUE(store_->Sync().ok());
    EXPECT_EQ(Value("joe"), "-");
    EXPECT_EQ(store_->size(), 0u);
  }
}

TEST_P(StoreTest, KeysAndValuesAreAnyBytesWithinBounds) {
  const std::string zero(1, '\0');
  const std::string longest(Store::kMaxKeyBytes, '\xff');
  Put(zero, "");
  Put(zero + zero, zero);
  Put(longest, std::string(Store::kMaxValueBytes, '\n'));
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(Value(zero), "");
    EXPECT_EQ(Value(zero + zero), zero);
    EXPECT_EQ(Value(longest), std::string(Store::kMaxValueBytes, '\n'));
    ASSERT_TRUE(store_->Sync().ok());
  }
  EXPECT_EQ(All("").size(), 3u);
  for (const absl::Status& status :
       {store_->Put("", "1"), store_->Put(longest + "x", "1"),
        store_->Put("x", std::string(Store::kMaxValueBytes + 1, 'x')),
        store_->Erase(""), store_->Erase(longest + "x")}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(All("").size(), 3u);
}

TEST_P(StoreTest, VisitsWhatBeginsWithThePrefix) {
  using Entries = std::map<std::string, std::string>;
  Put("a1", "old");
  Put("a2", "gone");
  Put("b1", "other");
  ASSERT_TRUE(store_->Sync().ok());
  Put("a1", "new");
  ASSERT_TRUE(store_->Erase("a2").ok());
  Put("a3", "");
  EXPECT_EQ(All("a"), (Entries{{"a1", "new"}, {"a3", ""}}));
  EXPECT_EQ(All("b1"), (Entries{{"b1", "other"}}));
  EXPECT_EQ(All("b11"), Entries());
  EXPECT_EQ(All("").size(), 3u);
  ASSERT_TRUE(store_->Sync().ok());
  EXPECT_EQ(All("a"), (Entries{{"a1", "new"}, {"a3", ""}}));
}

TEST_P(StoreTest, AVisitEndsWhenToldTo) {
  for (int i = 0; i < 10; ++i) Put(absl::StrCat("key", i), "");
  for (int round = 0; round < 2; ++round) {
    int visited = 0;
    ASSERT_TRUE(
        store_->ForEach("", [&](auto, auto) { return ++visited < 3; }).ok());
    EXPECT_EQ(visited, 3);
    ASSERT_TRUE(store_->Sync().ok());
  }
}

TEST_P(StoreTest, HoldsNoMoreThanItsMaximum) {
  store_.reset();
  Open(100);
  for (int i = 0; i < 1000; ++i) {
    Put(absl::StrCat("key", i), "");
    if (i % 7 == 0) {
      ASSERT_TRUE(store_->Sync().ok());
      ASSERT_LE(store_->size(), 100u);
    }
  }
  ASSERT_TRUE(store_->Sync().ok());
  EXPECT_GE(store_->size(), 50u);
  EXPECT_EQ(All("").size(), store_->size());
}

TEST_P(StoreTest, ForgetsTheHalfThatWasWrittenLongestAgo) {
  store_.reset();
  Open(20);
  for (int i = 0; i < 20; ++i) PutNow(absl::StrCat("key", i), "");
  // The 20th entry filled the young generation for the second time.
  EXPECT_EQ(store_->size(), 10u);
  EXPECT_EQ(Value("key9"), "-");
  EXPECT_EQ(Value("key10"), "");
  EXPECT_EQ(Value("key19"), "");
}

TEST_P(StoreTest, WhatIsWrittenAgainStays) {
  store_.reset();
  Open(20);
  for (int i = 0; i < 60; ++i) {
    PutNow(absl::StrCat("key", i), "");
    if (i % 8 == 0) PutNow("joe", absl::StrCat(i));
    EXPECT_EQ(Value("joe"), absl::StrCat(i / 8 * 8));
  }
}

TEST_P(StoreTest, AMaximumOfNothingStillWorks) {
  store_.reset();
  Open(0);
  PutNow("joe", "1");
  PutNow("jane", "1");
  EXPECT_LE(store_->size(), 1u);
}

TEST_P(StoreTest, SaltsDiffer) {
  const std::string salt = store_->salt();
  EXPECT_EQ(salt.size(), Store::kSaltBytes);
  Folder elsewhere;
  auto other = OpenStore(elsewhere);
  ASSERT_TRUE(other.ok());
  std::set<std::string> salts = {salt, (*other)->salt(), MemoryStore(1).salt()};
  EXPECT_EQ(salts.size(), 3u);
}

}  // namespace
}  // namespace mailverdict

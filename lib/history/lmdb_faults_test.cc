// A disk that is slow, hangs, or fails: this test replaces the system calls
// that LMDB makes.

#include <errno.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/history/lmdb_testing.h"

namespace {

std::atomic<int> data_sync_error{0};  // of the pages
std::atomic<int> root_write_error{0};
std::atomic<int> data_syncs{0};

// While it is closed, a sync waits.
class Gate {
 public:
  void Close() { Set(false); }
  void Open() { Set(true); }
  void Pass() {
    std::unique_lock<std::mutex> lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    --waiting_;
  }
  void AwaitSomebody() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return waiting_ > 0; });
  }

 private:
  void Set(bool open) {
    const std::lock_guard<std::mutex> lock(mutex_);
    open_ = open;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
  int waiting_ = 0;
};

Gate gate;

}  // namespace

extern "C" int fdatasync(int fd) {
  ++data_syncs;
  gate.Pass();
  if (const int error = data_sync_error) {
    errno = error;
    return -1;
  }
  return static_cast<int>(syscall(SYS_fdatasync, fd));
}

// LMDB writes its root through a descriptor with O_DSYNC.
extern "C" ssize_t pwrite(int fd, const void* bytes, size_t count, off_t at) {
  const int error = root_write_error;
  if (error != 0 && (fcntl(fd, F_GETFL) & O_DSYNC) != 0) {
    errno = error;
    return -1;
  }
  return syscall(SYS_pwrite64, fd, bytes, count, at);
}

namespace mailverdict {
namespace {

class LmdbFaults : public testing::Test {
 protected:
  void SetUp() override { Open(); }
  void TearDown() override {
    gate.Open();
    data_sync_error = root_write_error = 0;
  }
  void Open() {
    auto opened = OpenStore(folder_, &lines_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }
  void Put(const std::string& key, const std::string& value) {
    ASSERT_TRUE(store_->Put(key, value).ok());
  }

  Folder folder_;
  Lines lines_;
  std::unique_ptr<LmdbStore> store_;
};

TEST_F(LmdbFaults, TheHooksAreLmdbs) {
  const int before = data_syncs;
  Put("joe", "1");
  ASSERT_TRUE(store_->Sync().ok());
  EXPECT_EQ(data_syncs, before + 1);
}

TEST_F(LmdbFaults, WhatComesTogetherIsCommittedTogether) {
  const int before = data_syncs;
  for (int i = 0; i < 10'000; ++i) Put(absl::StrCat("key", i), "");
  ASSERT_TRUE(store_->Sync().ok());
  EXPECT_GE(data_syncs, before + 10);
  EXPECT_LE(data_syncs, before + 20);
}

TEST_F(LmdbFaults, WithoutSyncItIsCommittedSoon) {
  Put("joe", "1");
  EXPECT_TRUE(Eventually([&] { return store_->size() == 1; }));
}

TEST_F(LmdbFaults, ADiskThatHangsHoldsUpNobody) {
  Put("joe", "1");
  ASSERT_TRUE(store_->Sync().ok());
  gate.Close();
  Put("jane", "2");
  gate.AwaitSomebody();
  // These calls would not return if reads waited for the disk.
  EXPECT_EQ(ValueOf(store_.get(), "joe"), "1");
  EXPECT_EQ(ValueOf(store_.get(), "jane"), "2");
  EXPECT_EQ(ValueOf(store_.get(), "jim"), "-");
  Put("joe", "3");
  Put("jim", "4");
  ASSERT_TRUE(store_->Erase("jane").ok());
  EXPECT_EQ(ValueOf(store_.get(), "joe"), "3");
  EXPECT_EQ(ValueOf(store_.get(), "jane"), "-");
  EXPECT_EQ(ValueOf(store_.get(), "jim"), "4");
  EXPECT_EQ(store_->size(), 1u);
  gate.Open();
  ASSERT_TRUE(store_->Sync().ok());
  EXPECT_EQ(store_->size(), 2u);
  EXPECT_EQ(ValueOf(store_.get(), "jane"), "-");
  EXPECT_TRUE(lines_.all().empty());
}

TEST_F(LmdbFaults, WhenTooMuchWaitsTheOldestIsDroppedAndCounted) {
  gate.Close();
  Put("under way", "1");
  gate.AwaitSomebody();
  const int all = LmdbStore::kBatch * (LmdbStore::kMaxBatches + 4);
  for (int i = 0; i < all; ++i) Put(absl::StrCat("key", i), "");
  // One batch is being committed, and 63 of the others are kept.
  EXPECT_EQ(store_->lost(), 5u * LmdbStore::kBatch);
  EXPECT_EQ(lines_.Count("does not keep up"), 1u);
  EXPECT_EQ(lines_.all().size(), 1u);
  EXPECT_EQ(ValueOf(store_.get(), "key0"), "-");
  EXPECT_EQ(ValueOf(store_.get(), "key4999"), "-");
  EXPECT_EQ(ValueOf(store_.get(), "key5000"), "");
  EXPECT_EQ(ValueOf(store_.get(), absl::StrCat("key", all - 1)), "");
  gate.Open();
  EXPECT_EQ(store_->Sync().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(store_->Sync().ok());
  EXPECT_EQ(store_->size(), static_cast<size_t>(all - 5000 + 1));
  EXPECT_EQ(lines_.Count("is well again"), 1u);
  EXPECT_EQ(lines_.Count("; 4000 writes dropped"), 1u);
}

TEST_F(LmdbFaults, AFailedSyncOfPagesIsTriedAgain) {
  Put("joe", "1");
  ASSERT_TRUE(store_->Sync().ok());
  data_sync_error = EIO;
  Put("joe", "2");
  Put("jane", "1");
  EXPECT_FALSE(store_->Sync().ok());
  EXPECT_FALSE(store_->Sync().ok());
  EXPECT_EQ(ValueOf(store_.get(), "joe"), "2");
  EXPECT_EQ(store_->size(), 1u);
  EXPECT_EQ(lines_.Count("Input/output error"), 1u);
  data_sync_error = 0;
  EXPECT_TRUE(Eventually([&] { return store_->size() == 2; }));  // by itself
  store_.reset();
  Open();
  EXPECT_EQ(ValueOf(store_.get(), "joe"), "2");
  EXPECT_EQ(lines_.Count("is well again"), 1u);
  EXPECT_EQ(lines_.all().size(), 2u);
}

// After this error LMDB refuses to go on until the file is opened again.
TEST_F(LmdbFaults, AFailedWriteOfTheRootIsTriedAgain) {
  Put("joe", "1");
  ASSERT_TRUE(store_->Sync().ok());
  const std::string salt = store_->salt();
  root_write_error = EIO;
  Put("joe", "2");
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(store_->Sync().ok()) << i;
    EXPECT_EQ(ValueOf(store_.get(), "joe"), "2");
  }
  root_write_error = 0;
  ASSERT_TRUE(Eventually([&] { return store_->Sync().ok(); }));
  EXPECT_EQ(folder_.SetAside(), std::vector<std::string>());
  EXPECT_EQ(lines_.Count(" FAILS: "), 1u);
  EXPECT_EQ(lines_.Count("is well again"), 1u);
  store_.reset();
  Open();
  EXPECT_EQ(ValueOf(store_.get(), "joe"), "2");
  EXPECT_EQ(store_->salt(), salt);
}

// The keys in it are hashes of another salt, so nothing would be found in it.
TEST_F(LmdbFaults, AFileOfAnotherStoreIsNotTaken) {
  const Folder others;
  {
    auto other = OpenStore(others, nullptr, 1000);
    ASSERT_TRUE(other.ok()) << other.status();
    ASSERT_TRUE((*other)->Put("ann", "1").ok());
    ASSERT_TRUE((*other)->Sync().ok());
  }
  Put("joe", "1");
  ASSERT_TRUE(store_->Sync().ok());
  root_write_error = EIO;
  Put("joe", "2");
  ASSERT_EQ(rename(others.file().c_str(), folder_.file().c_str()), 0);
  EXPECT_FALSE(store_->Sync().ok());
  root_write_error = 0;
  const auto is_another = [this] {
    return absl::StrContains(store_->Sync().message(), "is another file now");
  };
  ASSERT_TRUE(Eventually(is_another));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(is_another());
}

}  // namespace
}  // namespace mailverdict

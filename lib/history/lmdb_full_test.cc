// A disk that is full, and later has room again.

#include <errno.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "lib/history/lmdb_testing.h"

namespace mailverdict {
namespace {

const std::string kLong(1000, 'x');

// Puts entries until a Sync fails. Expects that earlier and further entries can
// be read, and that the log has one line. Sets `safe` to the number of entries
// that were committed.
void FillUp(LmdbStore* store, const Lines& lines, int* safe) {
  absl::Status status;
  int next = 0;
  for (; status.ok() && next < 50'000; next += 100) {
    *safe = next;
    for (int i = next; i < next + 100; ++i) {
      ASSERT_TRUE(store->Put(absl::StrCat("key", i), kLong).ok());
    }
    status = store->Sync();
  }
  ASSERT_FALSE(status.ok());
  ASSERT_GT(*safe, 0);
  for (int i = 0; i < next; ++i) {
    ASSERT_EQ(ValueOf(store, absl::StrCat("key", i)), kLong) << i;
  }
  ASSERT_TRUE(store->Put("joe", "1").ok());
  EXPECT_FALSE(store->Sync().ok());
  EXPECT_EQ(ValueOf(store, "joe"), "1");
  EXPECT_EQ(lines.Count(" FAILS: "), 1u);
  EXPECT_EQ(lines.all().size(), 1u);
  EXPECT_EQ(store->lost(), 0u);
}

void ExpectHealed(const Folder& folder,
                  absl::StatusOr<std::unique_ptr<LmdbStore>>* store,
                  Lines* lines) {
  ASSERT_TRUE(Eventually([&] { return (*store)->get()->Sync().ok(); }));
  EXPECT_EQ(lines->Count("is well again"), 1u);
  EXPECT_EQ(lines->all().size(), 2u);
  const size_t size = (**store)->size();
  store->value().reset();
  *store = OpenStore(folder, lines);
  ASSERT_TRUE(store->ok()) << store->status();
  EXPECT_EQ(ValueOf((*store)->get(), "joe"), "1");
  EXPECT_EQ((**store)->size(), size);
  EXPECT_EQ(lines->all().size(), 2u);
}

// Sets the limit on the size of files. A write beyond it fails with EFBIG, and
// with SIGXFSZ, which would kill the process.
void LimitFileSize(rlim_t bytes) {
  rlimit limit;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
  limit.rlim_cur = bytes == 0 ? limit.rlim_max : bytes;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

TEST(LmdbFull, AtTheLimitOfAFilesSize) {
  Folder folder;
  Lines lines;
  auto store = OpenStore(folder, &lines);
  ASSERT_TRUE(store.ok()) << store.status();
  LimitFileSize(1 << 20);
  int safe = 0;
  FillUp(store->get(), lines, &safe);
  LimitFileSize(0);
  ExpectHealed(folder, &store, &lines);
}

TEST(LmdbFull, WhatTheDiskRefusesAtTheEndIsToldAndTheRestIsThere) {
  Folder folder;
  Lines lines;
  auto store = OpenStore(folder, &lines);
  ASSERT_TRUE(store.ok()) << store.status();
  LimitFileSize(1 << 20);
  int safe = 0;
  FillUp(store->get(), lines, &safe);
  store->reset();
  LimitFileSize(0);
  EXPECT_EQ(lines.Count("FAILS at the end: "), 1u);
  EXPECT_EQ(lines.Count("; 101 writes dropped"), 1u);
  store = OpenStore(folder);
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ((*store)->size(), static_cast<size_t>(safe));
  EXPECT_EQ(ValueOf(store->get(), absl::StrCat("key", safe - 1)), kLong);
  EXPECT_EQ(ValueOf(store->get(), absl::StrCat("key", safe)), "-");
}

// A small disk, mounted in a namespace of the test. It disappears with the
// process.
class SmallDisk {
 public:
  static bool Allowed() {
    return unshare(CLONE_NEWNS) == 0 &&
           mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  }
  explicit SmallDisk(const std::string& path) : path_(path) {}
  ~SmallDisk() { umount2(path_.c_str(), MNT_DETACH); }

  bool Mount(const char* size) { return Try(0, size); }
  bool Grow(const char* size) { return Try(MS_REMOUNT, size); }

 private:
  bool Try(unsigned long flags, const char* size) {
    return mount("tmpfs", path_.c_str(), "tmpfs", flags, size) == 0;
  }

  const std::string path_;
};

TEST(LmdbFull, AtTheEndOfTheDisk) {
  if (!SmallDisk::Allowed())
    GTEST_SKIP() << "may not mount: " << strerror(errno);
  Folder folder;
  SmallDisk disk(folder.path());
  ASSERT_TRUE(disk.Mount("size=1m")) << strerror(errno);
  Lines lines;
  auto store = OpenStore(folder, &lines);
  ASSERT_TRUE(store.ok()) << store.status();
  int safe = 0;
  FillUp(store->get(), lines, &safe);
  EXPECT_EQ(lines.Count("No space left on device") +
                lines.Count("Input/output error"),  // LMDB's for a short write
            1u);
  ASSERT_TRUE(disk.Grow("size=64m")) << strerror(errno);
  ExpectHealed(folder, &store, &lines);
  store->reset();
}

TEST(LmdbFull, OpenedOnAFullDisk) {
  if (!SmallDisk::Allowed())
    GTEST_SKIP() << "may not mount: " << strerror(errno);
  Folder folder;
  SmallDisk disk(folder.path());
  ASSERT_TRUE(disk.Mount("size=1m")) << strerror(errno);
  const auto fill = [&] {
    const std::string ballast = folder.path() + "/ballast";
    const int fd = open(ballast.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    while (write(fd, kLong.data(), kLong.size()) > 0) continue;
    close(fd);
  };
  fill();
  EXPECT_FALSE(OpenStore(folder).ok());  // and no SIGBUS
  for (const std::string& name : folder.Names()) {
    struct stat about;
    ASSERT_EQ(stat((folder.path() + "/" + name).c_str(), &about), 0);
    if (name != "ballast") {
      EXPECT_EQ(about.st_size, 0) << name;
    }
  }

  ASSERT_TRUE(disk.Grow("size=2m")) << strerror(errno);
  {
    auto store = OpenStore(folder);
    ASSERT_TRUE(store.ok()) << store.status();
    ASSERT_TRUE((*store)->Put("joe", "1").ok());
  }
  fill();
  for (const bool lock_gone : {false, true}) {
    if (lock_gone) unlink((folder.file() + "-lock").c_str());
    if (lock_gone) fill();
    auto store = OpenStore(folder);
    EXPECT_EQ(store.ok(), !lock_gone) << store.status();
    if (store.ok()) {
      EXPECT_EQ(ValueOf(store->get(), "joe"), "1");
    }
  }
  ASSERT_TRUE(disk.Grow("size=64m")) << strerror(errno);
  auto store = OpenStore(folder);
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ(ValueOf(store->get(), "joe"), "1");
  store->reset();
}

}  // namespace
}  // namespace mailverdict

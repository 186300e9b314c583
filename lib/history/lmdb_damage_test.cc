// Files that are damaged, from another program, or of another version, at the
// start and later.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <lmdb.h>
#include <sys/stat.h>
#include <unistd.h>

#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "lib/history/lmdb_testing.h"

namespace mailverdict {
namespace {

using Names = std::vector<std::string>;

// Opens the store after its file was damaged. Expects that the file is set
// aside, and that the store is empty and works.
void ExpectSetAside(const Folder& folder, const std::string& bytes,
                    const std::string& why) {
  Lines lines;
  auto store = OpenStore(folder, &lines);
  ASSERT_TRUE(store.ok()) << store.status();
  const Names aside = folder.SetAside();
  ASSERT_EQ(aside.size(), 1u);
  EXPECT_TRUE(ReadAll(aside.back()) == bytes);
  ASSERT_EQ(lines.all().size(), 1u);
  EXPECT_EQ(lines.Count(why), 1u) << lines.all()[0];
  EXPECT_EQ(lines.Count(aside.back()), 1u) << lines.all()[0];
  EXPECT_EQ(ValueOf(store->get(), "joe"), "-");
  ASSERT_TRUE((*store)->Put("jane", "2").ok());
  ASSERT_TRUE((*store)->Sync().ok());
  EXPECT_EQ(ValueOf(store->get(), "jane"), "2");
}

TEST(LmdbDamage, FilesThatAreNoneOfLmdbsAreSetAside) {
  std::mt19937 random(1);
  std::string noise;
  for (int i = 0; i < 20'000; ++i) noise.push_back(static_cast<char>(random()));
  for (const std::string& bytes :
       {std::string("x"), std::string(1 << 16, '\0'), noise,
        std::string("root:x:0:0:root:/root:/bin/bash\n"),
        std::string(1 << 16, '\xff')}) {
    Folder folder;
    WriteAll(folder.file(), bytes);
    ExpectSetAside(folder, bytes, "page 0: ");
  }
}

TEST(LmdbDamage, AFileThatWasCutShortIsSetAside) {
  std::string whole;
  {
    Folder folder;
    auto store = OpenStore(folder);
    ASSERT_TRUE(store.ok());
    for (int i = 0; i < 3000; ++i) {
      ASSERT_TRUE((*store)->Put(absl::StrCat("key", i), "value").ok());
    }
    store->reset();
    whole = ReadAll(folder.file());
  }
  ASSERT_GT(whole.size(), 20u * 4096);
  for (const size_t size :
       {size_t{1}, size_t{100}, size_t{151}, size_t{152}, size_t{4095},
        size_t{4096}, size_t{4097}, size_t{4096 + 152}, size_t{8191},
        size_t{8192}, whole.size() / 4, whole.size() / 2 + 1}) {
    Folder folder;
    WriteAll(folder.file(), whole.substr(0, size));
    ExpectSetAside(folder, whole.substr(0, size), "page ");
  }
}

// Lets `change` write to the tables of the file at `path`.
template <typename Change>
void WithLmdb(const std::string& path, Change change) {
  MDB_env* env = nullptr;
  MDB_txn* txn = nullptr;
  ASSERT_EQ(mdb_env_create(&env), 0);
  ASSERT_EQ(mdb_env_set_maxdbs(env, 8), 0);
  ASSERT_EQ(mdb_env_open(env, path.c_str(), MDB_NOSUBDIR | MDB_NOLOCK, 0600),
            0);
  ASSERT_EQ(mdb_txn_begin(env, nullptr, 0, &txn), 0);
  change(txn);
  ASSERT_EQ(mdb_txn_commit(txn), 0);
  mdb_env_close(env);
}

void PutRaw(MDB_txn* txn, const char* table, unsigned flags, std::string key,
            std::string value) {
  MDB_dbi dbi;
  ASSERT_EQ(mdb_dbi_open(txn, table, MDB_CREATE | flags, &dbi), 0);
  MDB_val k{key.size(), key.data()}, v{value.size(), value.data()};
  ASSERT_EQ(mdb_put(txn, dbi, &k, &v, 0), 0);
}

TEST(LmdbDamage, AFileOfAnotherProgramIsSetAside) {
  for (const unsigned flags : {0u, unsigned{MDB_DUPSORT}}) {
    Folder folder;
    WithLmdb(folder.file(), [flags](MDB_txn* txn) {
      PutRaw(txn, "postscreen", flags, "192.0.2.1", "1");
      PutRaw(txn, "postscreen", flags, "192.0.2.1", "2");
    });
    ExpectSetAside(folder, ReadAll(folder.file()), "not of mailverdict's");
  }
  Folder folder;  // one whose main table it uses itself
  WithLmdb(folder.file(), [](MDB_txn* txn) {
    PutRaw(txn, nullptr, 0, "joe", std::string(10'000, 'x'));
  });
  ExpectSetAside(folder, ReadAll(folder.file()), "not of mailverdict's");
}

TEST(LmdbDamage, ANewerFormatIsRefusedAndLeftAlone) {
  Folder folder;
  Fill(folder);
  WithLmdb(folder.file(), [](MDB_txn* txn) {
    PutRaw(txn, "about", 0, "format", "2");
    PutRaw(txn, "c", MDB_DUPSORT, "joe", "1");
    PutRaw(txn, "c", MDB_DUPSORT, "joe", "2");
  });
  const std::string before = ReadAll(folder.file());
  Lines lines;
  const auto store = OpenStore(folder, &lines);
  EXPECT_EQ(store.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(store.status().message(),
            folder.file() +
                " has format 2; this version reads and writes format 1: use "
                "the newer version, or move the file away");
  EXPECT_EQ(lines.all(), Names());
  EXPECT_EQ(folder.SetAside(), Names());
  EXPECT_TRUE(ReadAll(folder.file()) == before);
}

TEST(LmdbDamage, AFileWithoutItsSaltIsSetAside) {
  Folder folder;
  Fill(folder);
  WithLmdb(folder.file(),
           [](MDB_txn* txn) { PutRaw(txn, "about", 0, "salt", "too short"); });
  ExpectSetAside(folder, ReadAll(folder.file()), "not of mailverdict's");
}

// Overwrites the trees with zeros.
void ZeroTrees(const Folder& folder) {
  const int fd = open(folder.file().c_str(), O_WRONLY);
  ASSERT_GE(fd, 0);
  struct stat about;
  ASSERT_EQ(fstat(fd, &about), 0);
  const std::string zeros(static_cast<size_t>(about.st_size) - 8192, '\0');
  ASSERT_EQ(pwrite(fd, zeros.data(), zeros.size(), 8192),
            static_cast<ssize_t>(zeros.size()));
  close(fd);
}

TEST(LmdbDamage, DamageThatAReadMeetsIsSetAsideAndItsSaltStays) {
  Folder folder;
  Fill(folder);
  std::string salt;
  {
    Lines lines;
    auto store = OpenStore(folder, &lines);
    ASSERT_TRUE(store.ok());
    salt = (*store)->salt();
    EXPECT_EQ(ValueOf(store->get(), "joe"), "1");
    ZeroTrees(folder);
    EXPECT_FALSE((*store)->Get("joe").ok());
    EXPECT_TRUE(
        Eventually([&] { return ValueOf(store->get(), "joe") == "-"; }));
    EXPECT_EQ(folder.SetAside().size(), 1u);
    EXPECT_EQ(lines.Count("set aside as"), 1u);
    ASSERT_TRUE((*store)->Put("jane", "2").ok());
    ASSERT_TRUE((*store)->Sync().ok());
    EXPECT_EQ((*store)->salt(), salt);
  }
  auto store = OpenStore(folder);
  ASSERT_TRUE(store.ok());
  EXPECT_EQ((*store)->salt(), salt);
  EXPECT_EQ(ValueOf(store->get(), "jane"), "2");
}

TEST(LmdbDamage, DamageThatACommitMeetsIsSetAsideOnceAnHour) {
  Folder folder;
  Fill(folder);
  Lines lines;
  auto store = OpenStore(folder, &lines);
  ASSERT_TRUE(store.ok());
  ZeroTrees(folder);
  ASSERT_TRUE((*store)->Put("jane", "2").ok());
  EXPECT_FALSE((*store)->Sync().ok());
  EXPECT_TRUE((*store)->Sync().ok());
  EXPECT_EQ(ValueOf(store->get(), "jane"), "2");
  EXPECT_EQ(lines.Count("set aside as"), 1u);
  EXPECT_EQ(lines.Count(" FAILS: "), 1u);
  EXPECT_EQ(lines.Count("is well again"), 1u);

  ZeroTrees(folder);
  ASSERT_TRUE((*store)->Put("jim", "3").ok());
  EXPECT_FALSE((*store)->Sync().ok());
  EXPECT_FALSE((*store)->Sync().ok());
  EXPECT_EQ(ValueOf(store->get(), "jim"), "3");
  EXPECT_EQ(folder.SetAside().size(), 1u);
  store->reset();
  EXPECT_EQ(lines.Count("FAILS at the end"), 1u);
  EXPECT_TRUE(OpenStore(folder, &lines).ok());
  EXPECT_EQ(folder.SetAside().size(), 2u);
}

}  // namespace
}  // namespace mailverdict

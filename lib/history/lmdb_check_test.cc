// The check accepts sound files. A file that it accepts can be used without a
// crash, whatever was done to its bytes.

#include "lib/history/lmdb_check.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <map>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "lib/history/lmdb_file.h"
#include "lib/history/lmdb_testing.h"
#include "lib/history/salt.h"

namespace mailverdict {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kMaxEntries = 3000;

absl::Status CheckPath(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY);
  const absl::Status status = CheckLmdbFile(fd);
  close(fd);
  return status;
}

std::unique_ptr<LmdbFile> OpenFile(const Folder& folder) {
  auto file = LmdbFile::Open(folder.file(), kMaxEntries);
  EXPECT_TRUE(file.ok()) << file.status();
  return file.ok() ? *std::move(file) : nullptr;
}

LmdbFile::Changes RandomChanges(std::mt19937* random) {
  LmdbFile::Changes changes;
  const unsigned most = (*random)() % 4 == 0 ? 1500 : 50;
  for (unsigned i = (*random)() % most; i > 0; --i) {
    std::string key = absl::StrCat((*random)() % 5000);
    if ((*random)() % 50 == 0) key.resize(1 + (*random)() % 255, 'k');
    if ((*random)() % 4 == 0) {
      changes[key] = std::nullopt;
    } else {
      const unsigned bytes = (*random)() % 30 == 0 ? 1501 : 20;
      changes[key] = std::string((*random)() % bytes, 'v');
    }
  }
  return changes;
}

std::map<std::string, std::string> ReadEverything(LmdbFile* file) {
  std::map<std::string, std::string> all;
  file->ForEach("",
                [&all](std::string_view key, std::string_view value) {
                  all.emplace(key, value);
                  return true;
                })
      .IgnoreError();
  return all;
}

// Returns the bytes of a used file: entries of each length, and some free
// pages.
std::string FileWithAPast(const Folder& folder, unsigned seed) {
  std::mt19937 random(seed);
  EXPECT_TRUE(LmdbFile::Create(folder.file(), NewSalt()).ok());
  {
    const auto file = OpenFile(folder);
    for (int i = 0; i < 30; ++i) {
      EXPECT_TRUE(file->Commit(RandomChanges(&random)).ok());
    }
  }
  return ReadAll(folder.file());
}

TEST(LmdbCheck, WhatLmdbHasWrittenIsSound) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    Folder folder;
    ASSERT_TRUE(LmdbFile::Create(folder.file(), NewSalt()).ok());
    EXPECT_TRUE(CheckPath(folder.file()).ok());
    auto file = OpenFile(folder);
    for (int i = 0; i < 60; ++i) {
      ASSERT_TRUE(file->Commit(RandomChanges(&random)).ok());
      ASSERT_LE(file->size(), kMaxEntries);
      const absl::Status sound = CheckPath(folder.file());
      ASSERT_TRUE(sound.ok()) << i << ": " << sound;
    }
    // Makes the list of free pages long enough to need pages of its own.
    for (int round = 0; round < 4; ++round) {
      LmdbFile::Changes many;
      for (int i = 0; i < 2000; ++i) {
        const std::string key = absl::StrCat("many", i);
        many[key] = round % 2 == 0 ? std::optional(std::string(1500, 'v'))
                                   : std::nullopt;
      }
      ASSERT_TRUE(file->Commit(many).ok());
      const absl::Status sound = CheckPath(folder.file());
      ASSERT_TRUE(sound.ok()) << round << ": " << sound;
    }
  }
}

// Opens the file; if the check accepts it, reads it and writes to it. Returns
// whether it was accepted.
bool Survives(const Folder& folder, std::mt19937* random) {
  auto file = LmdbFile::Open(folder.file(), kMaxEntries);
  if (!file.ok()) return false;
  ReadEverything(file->get());
  for (int i = 0; i < 5; ++i) {
    (*file)->Commit(RandomChanges(random)).IgnoreError();
    (*file)->Get(absl::StrCat((*random)() % 5000)).IgnoreError();
  }
  ReadEverything(file->get());
  return true;
}

TEST(LmdbCheck, APageOfZerosIsFoundWhereItMatters) {
  Folder folder;
  const std::string whole = FileWithAPast(folder, 7);
  const auto before = ReadEverything(OpenFile(folder).get());
  ASSERT_GT(before.size(), 500u);
  size_t found = 0, pages = 0;
  for (size_t at = 0; at < whole.size(); at += kPage, ++pages) {
    std::string bytes = whole;
    bytes.replace(at, kPage, kPage, '\0');
    WriteAll(folder.file(), bytes);
    const absl::Status sound = CheckPath(folder.file());
    if (!sound.ok()) {
      EXPECT_TRUE(absl::IsDataLoss(sound)) << sound;
      ++found;
      continue;
    }
    EXPECT_TRUE(ReadEverything(OpenFile(folder).get()) == before) << at / kPage;
  }
  EXPECT_GT(found, 20u);
  EXPECT_LT(found, pages);  // some were free
}

TEST(LmdbCheck, AFileCutShortIsFoundWhereverItMatters) {
  Folder folder;
  const std::string whole = FileWithAPast(folder, 8);
  const auto before = ReadEverything(OpenFile(folder).get());
  for (size_t size = 0; size < whole.size(); size += 20'011) {
    WriteAll(folder.file(), whole.substr(0, size));
    const absl::Status sound = CheckPath(folder.file());
    if (sound.ok()) {
      EXPECT_TRUE(ReadEverything(OpenFile(folder).get()) == before) << size;
    } else {
      EXPECT_TRUE(absl::IsDataLoss(sound)) << sound;
    }
  }
}

TEST(LmdbCheck, AKeyOutOfOrderIsFound) {
  Folder folder;
  ASSERT_TRUE(LmdbFile::Create(folder.file(), NewSalt()).ok());
  LmdbFile::Changes changes;
  for (int i = 100; i < 400; ++i) {
    changes[absl::StrCat("key", i)] = std::string(50, 'v');
  }
  ASSERT_TRUE(OpenFile(folder)->Commit(changes).ok());
  const std::string whole = ReadAll(folder.file());
  size_t places = 0, found = 0;
  for (size_t at = whole.find("key"); at != whole.npos;
       at = whole.find("key", at + 1), ++places) {
    for (const char* other : {"kex", "kez"}) {
      std::string bytes = whole;
      bytes.replace(at, 3, other);
      WriteAll(folder.file(), bytes);
      const absl::Status sound = CheckPath(folder.file());
      found += absl::IsDataLoss(sound);
    }
  }
  EXPECT_GT(places, 300u);         // pages that are free have some again
  EXPECT_GE(found, 2 * 300u - 2);  // all but the least and the greatest
}

// Tries damaged files: there must be no crash and no report of a sanitizer.
TEST(LmdbCheck, WhatIsFoundSoundCanBeWorkedWith) {
  Folder folder;
  const std::string whole = FileWithAPast(folder, 9);
  std::mt19937 random(10);
  int sound = 0, damaged = 0;
  for (int round = 0; round < 600; ++round) {
    SCOPED_TRACE(round);
    std::string bytes = whole;
    for (unsigned i = 1 + random() % 3; i > 0; --i) {
      // Most changes are in the headers and in the offsets of entries.
      const size_t page = random() % (bytes.size() / kPage) * kPage;
      const size_t at = page + random() % (random() % 4 == 0 ? kPage : 64);
      bytes[at] = static_cast<char>(
          random() % 2 == 0 ? random() : bytes[at] ^ 1 << random() % 8);
    }
    WriteAll(folder.file(), bytes);
    ++(Survives(folder, &random) ? sound : damaged);
  }
  EXPECT_GT(sound, 50);
  EXPECT_GT(damaged, 100);
}

TEST(LmdbCheck, AnyBytesBehindAValidHeader) {
  Folder folder;
  const std::string whole = FileWithAPast(folder, 11);
  std::mt19937 random(12);
  for (int round = 0; round < 50; ++round) {
    std::string bytes = whole;
    for (size_t at = 2 * kPage; at < bytes.size(); ++at) {
      bytes[at] = static_cast<char>(random());
    }
    WriteAll(folder.file(), bytes);
    EXPECT_TRUE(absl::IsDataLoss(CheckPath(folder.file())));
  }
}

TEST(LmdbCheck, WhatCannotBeReadIsNoDamage) {
  EXPECT_EQ(CheckLmdbFile(-1).code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace mailverdict

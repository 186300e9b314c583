// Fixtures for the tests of LmdbStore.

#ifndef MAILVERDICT_LIB_HISTORY_LMDB_TESTING_H_
#define MAILVERDICT_LIB_HISTORY_LMDB_TESTING_H_

#include <dirent.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "lib/history/lmdb_store.h"

namespace mailverdict {

// A temporary folder for the files of one store.
class Folder {
 public:
  enum class On { kMemory, kDisk };  // kMemory: /dev/shm, if there is one

  explicit Folder(On on = On::kMemory) {
    const char* base = getenv("TEST_TMPDIR");
    if (on == On::kMemory && access("/dev/shm", W_OK) == 0) base = "/dev/shm";
    path_ = std::string(base != nullptr ? base : "/tmp") + "/historyXXXXXX";
    if (mkdtemp(path_.data()) == nullptr) abort();
  }
  ~Folder() {
    for (const std::string& name : Names()) {
      const std::string each = path_ + "/" + name;
      if (unlink(each.c_str()) != 0) rmdir(each.c_str());
    }
    rmdir(path_.c_str());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::string& path() const { return path_; }
  std::string file() const { return path_ + "/history"; }

  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    DIR* folder = opendir(path_.c_str());
    if (folder == nullptr) return names;
    while (const dirent* entry = readdir(folder)) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") names.push_back(name);
    }
    closedir(folder);
    std::sort(names.begin(), names.end());
    return names;
  }
  // The paths of files that were set aside.
  std::vector<std::string> SetAside() const {
    std::vector<std::string> found;
    for (const std::string& name : Names()) {
      if (absl::StartsWith(name, "history.corrupt-")) {
        found.push_back(path_ + "/" + name);
      }
    }
    return found;
  }

 private:
  std::string path_;
};

inline std::string ReadAll(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline void WriteAll(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// Collects the lines that a store logs. Thread-safe.
class Lines {
 public:
  std::function<void(const std::string&)> Sink() {
    return [this](const std::string& line) {
      const std::lock_guard<std::mutex> lock(mutex_);
      lines_.push_back(line);
    };
  }
  std::vector<std::string> all() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return lines_;
  }
  size_t Count(const std::string& text) const {
    size_t count = 0;
    for (const std::string& line : all())
      count += absl::StrContains(line, text);
    return count;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

// Asks again until `so` returns true, for a minute at most.
inline bool Eventually(const std::function<bool()>& so) {
  const absl::Time end = absl::Now() + absl::Minutes(1);
  while (!so()) {
    if (absl::Now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

inline absl::StatusOr<std::unique_ptr<LmdbStore>> OpenStore(
    const Folder& folder, Lines* lines = nullptr,
    size_t max_entries = 100'000) {
  LmdbStore::Options options;
  options.path = folder.file();
  options.max_entries = max_entries;
  if (lines != nullptr) options.log = lines->Sink();
  return LmdbStore::Open(std::move(options));
}

// Makes a store with the entry joe=1, and closes it.
inline void Fill(const Folder& folder) {
  auto store = OpenStore(folder);
  ASSERT_TRUE(store.ok()) << store.status();
  ASSERT_TRUE((*store)->Put("joe", "1").ok());
}

// The key's value, "-" if there is none, or the error.
inline std::string ValueOf(Store* store, std::string_view key) {
  const auto value = store->Get(key);
  if (!value.ok()) return value.status().ToString();
  return value->value_or("-");
}

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_HISTORY_LMDB_TESTING_H_

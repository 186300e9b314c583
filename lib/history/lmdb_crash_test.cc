// A process is killed while it writes. The file must be sound, and have
// everything that was on the disk when Sync returned.

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <random>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "lib/history/lmdb_testing.h"

namespace mailverdict {
namespace {

using Entries = std::map<std::string, std::string>;

constexpr int kKeys = 2000;

// Makes write number `step`. The same number always makes the same write.
void Step(int step, const std::function<void(std::string, std::string)>& put,
          const std::function<void(std::string)>& erase) {
  const std::string key = absl::StrCat("key", step * 7919LL % kKeys);
  if (step % 5 == 0) {
    erase(key);
  } else {
    put(key, absl::StrCat(step, std::string(step % 60, '.')));
  }
}

void StepInModel(int step, Entries* entries) {
  Step(
      step,
      [entries](const std::string& key, const std::string& value) {
        (*entries)[key] = value;
      },
      [entries](const std::string& key) { entries->erase(key); });
}

Entries ReadEverything(LmdbStore* store) {
  Entries all;
  EXPECT_TRUE(
      store
          ->ForEach("",
                    [&all](std::string_view key, std::string_view value) {
                      EXPECT_TRUE(all.emplace(key, value).second);
                      return true;
                    })
          .ok());
  return all;
}

// What the child reports: the last step that it is going to write, and the last
// step that is safely on the disk.
struct Told {
  int intended;
  int safe;
};

[[noreturn]] void WriteUntilKilled(const Folder& folder, int step,
                                   unsigned seed, int pipe) {
  std::mt19937 random(seed);
  auto store = OpenStore(folder);
  if (!store.ok()) _exit(1);
  Told told{step, step};
  for (;;) {
    const unsigned most = random() % 8 == 0 ? 3000 : 100;
    told.intended = step + 1 + static_cast<int>(random() % most);
    if (write(pipe, &told, sizeof told) != sizeof told) _exit(2);
    while (step < told.intended) {
      Step(
          ++step,
          [&](const std::string& key, const std::string& value) {
            (*store)->Put(key, value).IgnoreError();
          },
          [&](const std::string& key) { (*store)->Erase(key).IgnoreError(); });
    }
    if (!(*store)->Sync().ok()) _exit(3);
    told.safe = step;
    if (write(pipe, &told, sizeof told) != sizeof told) _exit(4);
  }
}

// Runs a child that continues from `step`, kills it after `after`, and returns
// its last report.
Told RunAndKill(const Folder& folder, int step, unsigned seed,
                absl::Duration after) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    WriteUntilKilled(folder, step, seed, ends[1]);
  }
  close(ends[1]);
  Told told{step, step};
  const absl::Time end = absl::Now() + after;
  for (bool killed = false;;) {
    pollfd readable{ends[0], POLLIN, 0};
    const absl::Duration left = end - absl::Now();
    if (!killed && left > absl::ZeroDuration()) {
      const timespec wait = absl::ToTimespec(left);
      if (ppoll(&readable, 1, &wait, nullptr) == 0) continue;
    } else if (!killed) {
      EXPECT_EQ(kill(child, SIGKILL), 0);
      killed = true;
    }
    Told next;
    if (read(ends[0], &next, sizeof next) != sizeof next) break;
    told = next;
  }
  close(ends[0]);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
      << "exit " << WEXITSTATUS(status);
  return told;
}

// Expects that each key has a value that it had after one of the steps from
// `safe` on.
void ExpectNothingLost(const Entries& found, Entries model, const Told& told) {
  std::map<std::string, std::set<std::string>> allowed;
  const auto allow = [&](const std::string& key) {
    const auto entry = model.find(key);
    allowed[key].insert(entry == model.end() ? "-" : entry->second);
  };
  for (int i = 0; i < kKeys; ++i) allow(absl::StrCat("key", i));
  for (int step = told.safe + 1; step <= told.intended; ++step) {
    StepInModel(step, &model);
    allow(absl::StrCat("key", step * 7919LL % kKeys));
  }
  for (const auto& [key, values] : allowed) {
    const auto entry = found.find(key);
    const std::string value = entry == found.end() ? "-" : entry->second;
    ASSERT_EQ(values.count(value), 1u) << key << " is " << value;
  }
  for (const auto& [key, value] : found) ASSERT_EQ(allowed.count(key), 1u);
}

TEST(LmdbCrash, KilledAtAnyMomentNothingSafeIsLost) {
  Folder folder(Folder::On::kDisk);
  std::mt19937 random(20261124);
  Entries before;
  int step = 0, with_writes = 0;
  for (int round = 0; round < 50; ++round) {
    SCOPED_TRACE(round);
    const absl::Duration after = absl::Microseconds(random() % 150'000);
    const Told told = RunAndKill(folder, step, random(), after);
    Lines lines;
    auto store = OpenStore(folder, &lines);
    ASSERT_TRUE(store.ok()) << store.status();
    EXPECT_EQ(lines.all(), std::vector<std::string>());
    EXPECT_EQ(folder.SetAside(), std::vector<std::string>());
    const Entries found = ReadEverything(store->get());
    for (int i = step + 1; i <= told.safe; ++i) StepInModel(i, &before);
    ExpectNothingLost(found, before, told);
    if (HasFatalFailure()) return;
    with_writes += told.safe > step;
    before = found;
    step = told.intended;
  }
  EXPECT_GT(with_writes, 10);
}

TEST(LmdbCrash, KilledWhileTheFileIsMadeItIsNotThereOrWhole) {
  std::mt19937 random(4);
  for (int round = 0; round < 20; ++round) {
    SCOPED_TRACE(round);
    Folder folder(Folder::On::kDisk);
    RunAndKill(folder, 0, random(), absl::Microseconds(random() % 30'000));
    Lines lines;
    auto store = OpenStore(folder, &lines);
    ASSERT_TRUE(store.ok()) << store.status();
    EXPECT_EQ(lines.all(), std::vector<std::string>());
    EXPECT_EQ(folder.SetAside(), std::vector<std::string>());
    ASSERT_TRUE((*store)->Put("joe", "1").ok());
    ASSERT_TRUE((*store)->Sync().ok());
  }
}

}  // namespace
}  // namespace mailverdict

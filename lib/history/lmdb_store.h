// A Store in a file, which outlives the process.
//
//   LmdbStore::Options options;
//   options.path = "/var/lib/mailverdict/history";
//   options.log = [](const std::string& line) { ... };
//   auto store = LmdbStore::Open(options);  // absl::StatusOr
//
// Writing. Put and Erase only note the change in memory; a thread of the
// store's commits what is noted, kBatch changes or what came within kGather in
// one transaction. Get looks at what is noted first. A read of the file itself
// is a lock-free look into mapped memory; where the system has dropped those
// pages from its cache, it waits for the disk to read them.
//
// What is lost, and when. Each commit is an fdatasync of the pages and a
// synchronous write of the root (LMDB without MDB_NOSYNC, MDB_NOMETASYNC,
// MDB_WRITEMAP or MDB_MAPASYNC), and replaces no page that the root before it
// needs.
//   The process is killed: what was noted and not committed, that is the last
//     kGather and the commit under way. The file is sound.
//   The power goes: the same, if the disk does what it is told.
//   With MDB_NOMETASYNC a power cut could take the last commit as well, though
//   Sync has said that it is safe; with MDB_NOSYNC the root may reach the disk
//   before its pages, and the file is rubbish. Two waits for the disk, ten
//   times a second at most, on a thread that nobody waits for, are no reason.
//
// Failing. When a commit fails (disk full, I/O error) it is tried again every
// kRetry. What comes meanwhile waits in memory, at most kMaxBatches of changes;
// beyond that the oldest are dropped and counted. One line to the log when it
// fails, one every five minutes, one when it heals. Reads go on.
//
// Damage. Open reads the whole file and checks it (lmdb_check.h). A damaged or
// foreign file is set aside as PATH.corrupt-YYYYMMDDThhmmssZ, with a line to
// the log, and an empty one is begun. So it is when LMDB meets damage later,
// once an hour at most; in between it counts as failing, and reads do too. Not
// caught: who cuts the file short while it is open kills the process with
// SIGBUS, and LMDB may not notice other damage before it crashes.
//
// Beside PATH there are PATH.lock (ours: one process at a time), PATH-lock
// (LMDB's table of readers) and, while a new file is made, PATH.new. All have
// mode 0600. On a local disk, not NFS. The size of the map follows from the
// number of entries: 64 MB + 512 bytes each, address space only.

#ifndef MAILVERDICT_LIB_HISTORY_LMDB_STORE_H_
#define MAILVERDICT_LIB_HISTORY_LMDB_STORE_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "absl/time/time.h"
#include "lib/history/file_lock.h"
#include "lib/history/lmdb_file.h"
#include "lib/history/store.h"
#include "lib/history/store_alarm.h"

namespace mailverdict {

class LmdbStore final : public Store {
 public:
  static constexpr size_t kBatch = 1000;
  static constexpr size_t kBatchBytes = 256 << 10;  // of keys and values
  static constexpr size_t kMaxBatches = 64;
  static constexpr absl::Duration kGather = absl::Milliseconds(100);
  static constexpr absl::Duration kRetry = absl::Seconds(1);
  static constexpr absl::Duration kSetAsideAgain = absl::Hours(1);

  struct Options {
    std::string path;
    size_t max_entries = 4'000'000;
    // Takes one line. Called on either thread, with nothing locked; not after
    // the store's end.
    std::function<void(const std::string& line)> log;
  };

  // FailedPrecondition: another process has the file, a newer version wrote it,
  // or it is no regular file. PermissionDenied, Unavailable: what the system
  // says. After an error no file was changed.
  static absl::StatusOr<std::unique_ptr<LmdbStore>> Open(Options options);

  // Commits what is noted. What the disk refuses then is lost, with a line to
  // the log.
  ~LmdbStore() override;

  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) override;
  absl::Status Put(std::string_view key, std::string_view value) override;
  absl::Status Erase(std::string_view key) override;
  absl::Status ForEach(std::string_view prefix, const Visitor& visit) override;
  // An error when a commit fails, or something was dropped since the last Sync.
  absl::Status Sync() override;
  size_t size() const override;
  const std::string& salt() const override { return salt_; }

  // Writes dropped since Open. Thread-safe.
  uint64_t lost() const;

 private:
  struct Batch {
    uint64_t number;
    LmdbFile::Changes changes;
    size_t bytes = 0;

    bool full() const {
      return changes.size() >= kBatch || bytes >= kBatchBytes;
    }
  };
  using Batches = std::list<Batch>;
  using Line = std::optional<std::string>;

  LmdbStore(Options options, std::unique_ptr<FileLock> lock);

  static absl::StatusOr<std::unique_ptr<LmdbFile>> OpenFile(
      const Options& options, const std::string& salt);
  static absl::Status SetAside(const Options& options, absl::string_view why);

  void Note(std::string_view key, std::optional<std::string> value);
  Batches DropOldest();  // with mutex_; what it returns was dropped
  void Log(const Line& line) const;

  // `read(LmdbFile&)`. An error while the file is being opened again.
  template <typename Read>
  auto WithFile(Read read) const -> decltype(read(*std::declval<LmdbFile*>()));

  // The thread's.
  void Run();
  void Gather(std::unique_lock<std::mutex>* lock);
  void CommitFront(std::unique_lock<std::mutex>* lock);
  absl::Status Commit(const LmdbFile::Changes& changes);
  absl::Status Reopen();
  void Recover(const absl::Status& status);
  void Pause(std::unique_lock<std::mutex>* lock);

  const Options options_;
  const std::unique_ptr<FileLock> lock_;

  // file_ is replaced with file_mutex_ locked, by the thread, which alone may
  // read it without. The other side tries the lock and never waits for it.
  mutable std::mutex file_mutex_;
  std::unique_ptr<LmdbFile> file_;  // null: could not be opened again
  std::string salt_;
  absl::Time set_aside_ = absl::InfinitePast();  // the thread's: when

  mutable std::mutex mutex_;  // all below; never held during I/O
  std::condition_variable wake_, committed_;
  Batches batches_;          // the oldest first; only the last one grows
  bool committing_ = false;  // the first, which is left alone
  uint64_t next_number_ = 1;
  uint64_t urgent_ = 0;    // commit up to this batch now: somebody waits
  uint64_t failures_ = 0;  // of commits
  uint64_t lost_ = 0;
  uint64_t lost_told_ = 0;  // by the last Sync
  absl::Status last_failure_;
  absl::Status damage_;  // that a read has met
  StoreAlarm alarm_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_HISTORY_LMDB_STORE_H_

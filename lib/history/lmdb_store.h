// A Store in an LMDB file.
//
//   LmdbStore::Options options;
//   options.path = "/var/lib/mailverdict/history";
//   options.log = [](const std::string& line) { ... };
//   auto store = LmdbStore::Open(options);  // absl::StatusOr
//
// Writing. Put and Erase only queue the change in memory. A thread of the store
// commits the queued changes in batches: kBatch changes, or those that came
// within kGather. Get looks at the queued changes first. Reading the file is
// lock-free access to mapped memory; it waits for the disk only if the system
// has dropped those pages from its cache.
//
// Durability. Each commit syncs the pages with fdatasync and then writes the
// root synchronously (LMDB without MDB_NOSYNC, MDB_NOMETASYNC, MDB_WRITEMAP and
// MDB_MAPASYNC), and overwrites no page that the previous root needs. If the
// process is killed, the changes that were not committed are lost: those of the
// last kGather and of the commit under way. The file stays sound. A power
// failure loses the same, if the disk honours syncs. With MDB_NOMETASYNC it
// could lose the last commit as well, after Sync has returned; with MDB_NOSYNC
// the root could reach the disk before its pages, and the file would be
// damaged. Neither flag would help: there are at most ten commits a second
// (more only if batches are full), and they run on the store's own thread, so
// no caller of Put or Erase waits for their two syncs.
//
// Failures. A commit that fails (disk full, I/O error) is tried again every
// kRetry. Meanwhile changes wait in memory, in at most kMaxBatches batches;
// beyond that the oldest changes are dropped and counted. A line is logged when
// commits begin to fail, then every five minutes, and when they succeed again.
// Reads go on.
//
// Damage. Open checks the whole file (lmdb_check.h). A damaged or foreign file
// is renamed to PATH.corrupt-YYYYMMDDThhmmssZ, a line is logged, and an empty
// file is made. The same happens if LMDB finds damage later, but at most once
// an hour; in between, commits and reads fail. Not handled: a file that is cut
// short while it is open kills the process with SIGBUS, and LMDB may crash at
// other damage before it notices it.
//
// Files. Next to PATH there are PATH.lock (ours: one process at a time),
// PATH-lock (LMDB's table of readers) and, while a new file is made, PATH.new.
// All have mode 0600. The disk must be local, not NFS. The map reserves 64 MB
// plus 512 bytes per max_entries of address space. It does not use that much
// memory.

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
#include "lib/history/store_health.h"

namespace mailverdict {

// See Store for threads and errors.
class LmdbStore final : public Store {
 public:
  // A batch is full when it has this many changes, or this many bytes of keys
  // and values.
  static constexpr size_t kBatch = 1000;
  static constexpr size_t kBatchBytes = 256 << 10;
  static constexpr size_t kMaxBatches = 64;
  // How long a batch that is not full waits for more changes.
  static constexpr absl::Duration kGather = absl::Milliseconds(100);
  // The time between two attempts after a failure.
  static constexpr absl::Duration kRetry = absl::Seconds(1);
  // The time between two damaged files that are set aside.
  static constexpr absl::Duration kSetAsideAgain = absl::Hours(1);

  struct Options {
    std::string path;
    size_t max_entries = kDefaultMaxEntries;
    // Logs one line. Called on the threads of the store's callers and on the
    // store's own thread, without a lock, and never after the store's
    // destructor.
    std::function<void(const std::string& line)> log;
  };

  // Opens the store, or makes it. Blocks. FailedPrecondition: another process
  // uses the file, a newer version wrote it, or it is not a regular file.
  // PermissionDenied, Unavailable: the system's error. If it returns an error,
  // it has changed no file.
  static absl::StatusOr<std::unique_ptr<LmdbStore>> Open(Options options);

  // Commits the queued changes, and blocks until that is done. If the commit
  // fails, the changes are lost and a line is logged.
  ~LmdbStore() override;

  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) override;
  absl::Status Put(std::string_view key, std::string_view value) override;
  absl::Status Erase(std::string_view key) override;
  absl::Status ForEach(std::string_view prefix, const Visitor& visit) override;
  // An error if a commit fails, or if changes were dropped since the last Sync.
  absl::Status Sync() override;
  size_t size() const override;
  const std::string& salt() const override { return salt_; }

  // The number of changes dropped since Open. Thread-safe.
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

  void Queue(std::string_view key, std::optional<std::string> value);
  Batches DropOldest();  // REQUIRES: mutex_ is locked. Returns what it dropped.
  void Log(const Line& line) const;

  // Returns read(*file_), or an error if the file is being opened again.
  template <typename Read>
  auto WithFile(Read read) const -> decltype(read(*std::declval<LmdbFile*>()));

  // Called on the store's thread only.
  void Run();
  void Gather(std::unique_lock<std::mutex>* lock);
  void CommitFront(std::unique_lock<std::mutex>* lock);
  absl::Status Commit(const LmdbFile::Changes& changes);
  absl::Status Reopen();
  void Recover(const absl::Status& status);
  void Pause(std::unique_lock<std::mutex>* lock);

  const Options options_;
  const std::unique_ptr<FileLock> lock_;

  // Guards file_. Only the store's thread replaces file_, so that thread reads
  // file_ without the lock. Callers only try the lock and never wait for it.
  mutable std::mutex file_mutex_;
  std::unique_ptr<LmdbFile> file_;  // null: could not be opened again
  std::string salt_;
  // When a damaged file was last set aside; for the store's thread only.
  absl::Time set_aside_ = absl::InfinitePast();

  mutable std::mutex mutex_;  // guards all below; never held during I/O
  std::condition_variable wake_, committed_;
  Batches batches_;  // oldest first; only the last one grows
  bool committing_ =
      false;  // the first batch is being committed, do not touch it
  uint64_t next_number_ = 1;
  uint64_t urgent_ = 0;    // Sync waits: commit up to this batch at once
  uint64_t failures_ = 0;  // number of commits that failed
  uint64_t lost_ = 0;
  uint64_t lost_told_ = 0;  // lost_ when Sync last returned
  absl::Status last_failure_;
  absl::Status damage_;  // an error that a read has met, for the store's thread
  StoreHealth health_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_HISTORY_LMDB_STORE_H_

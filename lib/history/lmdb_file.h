// One LMDB file, open: what LmdbStore (lmdb_store.h) reads and commits to.
//
// Format 1, tables by name:
//   "about"   "format" -> "1", "young" -> "a" or "b", "salt" -> 16 bytes
//   "a", "b"  the two generations: key -> value; no key is in both

#ifndef MAILVERDICT_LIB_HISTORY_LMDB_FILE_H_
#define MAILVERDICT_LIB_HISTORY_LMDB_FILE_H_

#include <lmdb.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/history/store.h"

namespace mailverdict {

// Get, ForEach and size on one thread at a time, Commit on one other. Nobody
// else in this process may have the file open.
//
// Errors: DataLoss (the file is damaged or is not ours), Aborted (LMDB will not
// go on before the file is opened again, perhaps because of damage), else what
// the system says.
class LmdbFile {
 public:
  static constexpr absl::string_view kFormat = "1";

  // By key; nullopt erases.
  using Changes = absl::flat_hash_map<std::string, std::optional<std::string>>;

  // Makes an empty store with this salt at `path`, in place of whatever file is
  // there. It appears there complete, or not at all.
  static absl::Status Create(const std::string& path, const std::string& salt);

  // Checks the file first (lmdb_check.h). NotFound: there is none, or an empty
  // one. FailedPrecondition: a format that this version does not know, or no
  // regular file. Others may not read it: its mode becomes 0600.
  static absl::StatusOr<std::unique_ptr<LmdbFile>> Open(const std::string& path,
                                                        size_t max_entries);
  ~LmdbFile();
  LmdbFile(const LmdbFile&) = delete;
  LmdbFile& operator=(const LmdbFile&) = delete;

  // As of the last commit. Never wait for Commit.
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key);
  absl::Status ForEach(std::string_view prefix, const Store::Visitor& visit);

  // All of them or none, and on the disk when this returns.
  absl::Status Commit(const Changes& changes);

  size_t size() const { return size_; }  // entries as of the last commit
  const std::string& salt() const { return salt_; }

 private:
  using Generations = std::array<MDB_dbi, 2>;

  LmdbFile(MDB_env* env, size_t max_entries, size_t map_bytes)
      : env_(env), max_entries_(max_entries), map_bytes_(map_bytes) {}

  int ReadAbout(std::string* format);
  int BeginRead();  // reader_, which the caller resets
  int Apply(MDB_txn* txn, const Changes& changes, int* young);
  int Put(MDB_txn* txn, std::string_view key, std::string_view value,
          int* young);
  int Turn(MDB_txn* txn, int* young);
  bool YoungIsFull(const MDB_stat& young) const;
  int CountEntries(MDB_txn* txn, size_t* entries) const;
  absl::Status Walk(MDB_dbi table, std::string_view prefix,
                    const Store::Visitor& visit, bool* go_on);

  MDB_env* const env_;
  const size_t max_entries_;
  const size_t map_bytes_;
  MDB_dbi about_ = 0;
  Generations generations_ = {};
  int young_ = 0;  // which of them; the committing thread's
  std::string salt_;
  MDB_txn* reader_ = nullptr;  // the reading thread's; rests between reads
  std::atomic<size_t> size_{0};
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_HISTORY_LMDB_FILE_H_

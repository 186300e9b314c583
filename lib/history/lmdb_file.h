// An open LMDB file; LmdbStore (lmdb_store.h) reads from it and commits to it.
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

// One reader thread (Get, ForEach, size) and one writer thread (Commit) may run
// at the same time. The file must not be opened twice in a process.
//
// Errors: DataLoss if the file is damaged or not ours; Aborted if LMDB refuses
// to go on until the file is opened again, perhaps because of damage; otherwise
// the system's error.
class LmdbFile {
 public:
  static constexpr absl::string_view kFormat = "1";

  // New values by key; nullopt erases the entry.
  using Changes = absl::flat_hash_map<std::string, std::optional<std::string>>;

  // Makes an empty store with this salt at `path`, in place of any file that is
  // there. The new file appears complete, or not at all.
  static absl::Status Create(const std::string& path, const std::string& salt);

  // Checks the file (lmdb_check.h), sets its mode to 0600, and opens it.
  // NotFound: it does not exist or is empty. FailedPrecondition: this version
  // does not know its format, or it is not a regular file.
  static absl::StatusOr<std::unique_ptr<LmdbFile>> Open(const std::string& path,
                                                        size_t max_entries);
  ~LmdbFile();
  LmdbFile(const LmdbFile&) = delete;
  LmdbFile& operator=(const LmdbFile&) = delete;

  // Get and ForEach read the entries as of the last commit, and do not wait for
  // a Commit under way. See Store for the rest.
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key);
  absl::Status ForEach(std::string_view prefix, const Store::Visitor& visit);

  // Writes all changes, or none of them if it returns an error. When it returns
  // OK, the changes are on the disk.
  absl::Status Commit(const Changes& changes);

  size_t size() const { return size_; }  // entries as of the last commit
  const std::string& salt() const { return salt_; }

 private:
  using Generations = std::array<MDB_dbi, 2>;

  LmdbFile(MDB_env* env, size_t max_entries, size_t map_bytes)
      : env_(env), max_entries_(max_entries), map_bytes_(map_bytes) {}

  int ReadAbout(std::string* format);
  int BeginRead();  // starts reader_; the caller has to reset reader_
  int Apply(MDB_txn* txn, const Changes& changes, int* young);
  int Put(MDB_txn* txn, std::string_view key, std::string_view value,
          int* young);
  int StartGeneration(MDB_txn* txn, int* young);
  bool YoungIsFull(const MDB_stat& young) const;
  int CountEntries(MDB_txn* txn, size_t* entries) const;
  absl::Status Walk(MDB_dbi table, std::string_view prefix,
                    const Store::Visitor& visit, bool* go_on);

  MDB_env* const env_;
  const size_t max_entries_;
  const size_t map_bytes_;
  MDB_dbi about_ = 0;
  Generations generations_ = {};
  int young_ = 0;  // index into generations_; for the committing thread only
  std::string salt_;
  // For the reading thread only. Reset between reads.
  MDB_txn* reader_ = nullptr;
  std::atomic<size_t> size_{0};
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_HISTORY_LMDB_FILE_H_

#include "lib/history/lmdb_file.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "lib/history/store_files.h"

namespace mailverdict {
namespace {

// The size of the map. It takes address space, not memory or disk. At most half
// of the map is in use (see YoungIsFull). The other half is for pages that a
// commit replaces while a reader may still use them.
constexpr size_t kMapBytes = 64 << 20;
constexpr size_t kMapBytesPerEntry = 512;

// No flag weakens durability: see lmdb_store.h. MDB_NOTLS is set because here a
// reader belongs to an LmdbFile, and not to the thread that made it.
constexpr unsigned kFlags = MDB_NOSUBDIR | MDB_NOTLS;

constexpr absl::string_view kAbout = "about";
constexpr absl::string_view kYoung = "young";
constexpr absl::string_view kNames[] = {"a", "b"};

MDB_val Bytes(absl::string_view bytes) {
  return {bytes.size(), const_cast<char*>(bytes.data())};
}
MDB_val Bytes(std::string_view bytes) {
  return {bytes.size(), const_cast<char*>(bytes.data())};
}
std::string_view View(const MDB_val& value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

absl::Status StatusOf(int rc, absl::string_view path = "") {
  if (rc > 0) return ErrnoStatus(rc, path);
  const std::string what =
      absl::StrCat(path, path.empty() ? "" : ": ", mdb_strerror(rc));
  switch (rc) {
    case MDB_SUCCESS:
      return absl::OkStatus();
    case MDB_INVALID:
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_VERSION_MISMATCH:
    case MDB_INCOMPATIBLE:
    case MDB_NOTFOUND:  // of an entry that every file of ours has
      return absl::DataLossError(what);
    case MDB_PANIC:
    case MDB_BAD_TXN:  // of a reader that has met damage
      return absl::AbortedError(what);
    default:
      return absl::UnavailableError(what);
  }
}

absl::StatusOr<MDB_env*> OpenEnv(const std::string& path, size_t map_bytes,
                                 unsigned more_flags) {
  MDB_env* env = nullptr;
  int rc = mdb_env_create(&env);
  if (rc != 0) return StatusOf(rc, path);
  rc = mdb_env_set_mapsize(env, map_bytes);
  if (rc == 0) rc = mdb_env_set_maxdbs(env, 1 + std::size(kNames));
  if (rc == 0)
    rc = mdb_env_open(env, path.c_str(), kFlags | more_flags, kStoreMode);
  if (rc == 0) return env;
  mdb_env_close(env);
  return StatusOf(rc, path);
}

int FillNew(MDB_txn* txn, const std::string& salt) {
  for (absl::string_view name : kNames) {
    MDB_dbi table;
    const int rc = mdb_dbi_open(txn, name.data(), MDB_CREATE, &table);
    if (rc != 0) return rc;
  }
  MDB_dbi about;
  int rc = mdb_dbi_open(txn, kAbout.data(), MDB_CREATE, &about);
  for (const auto& [name, text] :
       {std::pair<absl::string_view, absl::string_view>{"format",
                                                        LmdbFile::kFormat},
        {kYoung, kNames[0]},
        {"salt", salt}}) {
    MDB_val key = Bytes(name), value = Bytes(text);
    if (rc == 0) rc = mdb_put(txn, about, &key, &value, 0);
  }
  return rc;
}

}  // namespace

absl::Status LmdbFile::Create(const std::string& path,
                              const std::string& salt) {
  const std::string unfinished = absl::StrCat(path, ".new");
  if (unlink(unfinished.c_str()) != 0 && errno != ENOENT) {
    return ErrnoStatus(errno, unfinished);
  }
  // No lock is needed: no other process knows this file yet.
  const absl::StatusOr<MDB_env*> env =
      OpenEnv(unfinished, kMapBytes, MDB_NOLOCK);
  if (!env.ok()) return env.status();
  MDB_txn* txn = nullptr;
  int rc = mdb_txn_begin(*env, nullptr, 0, &txn);
  if (rc == 0) {
    rc = FillNew(txn, salt);
    if (rc == 0) {
      rc = mdb_txn_commit(txn);
    } else {
      mdb_txn_abort(txn);
    }
  }
  mdb_env_close(*env);
  if (rc == 0 && rename(unfinished.c_str(), path.c_str()) != 0) rc = errno;
  if (rc != 0) {
    unlink(unfinished.c_str());
    return StatusOf(rc, path);
  }
  return SyncFolderOf(path);
}

absl::StatusOr<std::unique_ptr<LmdbFile>> LmdbFile::Open(
    const std::string& path, size_t max_entries) {
  absl::Status status = CheckStoreFile(path);
  if (status.ok()) status = MakeRoomForLock(path);
  if (!status.ok()) return status;
  const size_t map_bytes = kMapBytes + kMapBytesPerEntry * max_entries;
  const absl::StatusOr<MDB_env*> env = OpenEnv(path, map_bytes, 0);
  if (!env.ok()) return env.status();
  auto file =
      std::unique_ptr<LmdbFile>(new LmdbFile(*env, max_entries, map_bytes));
  std::string format;
  const int rc = file->ReadAbout(&format);
  if (!format.empty() && format != kFormat) {
    return absl::FailedPreconditionError(absl::StrCat(
        path, " has format ", format, "; this version reads and writes format ",
        kFormat, ": use the newer version, or move the file away"));
  }
  if (rc == MDB_NOTFOUND) {
    return absl::DataLossError(
        absl::StrCat(path, ": a file of LMDB's, but not of mailverdict's"));
  }
  if (rc != 0) return StatusOf(rc, path);
  return file;
}

// Reads the table "about". Sets `format` even if the rest cannot be read: a
// newer format is reported as such, not as damage.
int LmdbFile::ReadAbout(std::string* format) {
  MDB_txn* txn = nullptr;
  int rc = mdb_txn_begin(env_, nullptr, MDB_RDONLY, &txn);
  if (rc != 0) return rc;
  const auto get = [&](absl::string_view name, std::string* text) {
    MDB_val key = Bytes(name), value;
    if (rc == 0) rc = mdb_get(txn, about_, &key, &value);
    if (rc == 0) *text = std::string(View(value));
  };
  std::string young;
  rc = mdb_dbi_open(txn, kAbout.data(), 0, &about_);
  get("format", format);
  if (*format == kFormat) {
    get(kYoung, &young);
    get("salt", &salt_);
    for (size_t i = 0; i < generations_.size() && rc == 0; ++i) {
      rc = mdb_dbi_open(txn, kNames[i].data(), 0, &generations_[i]);
      unsigned flags = 0;
      if (rc == 0) rc = mdb_dbi_flags(txn, generations_[i], &flags);
      if (rc == 0 && flags != 0) rc = MDB_INCOMPATIBLE;
    }
    if (rc == 0 && (young.size() != 1 || salt_.size() != Store::kSaltBytes)) {
      rc = MDB_NOTFOUND;
    }
    young_ = young == kNames[1] ? 1 : 0;
    size_t entries = 0;
    if (rc == 0) rc = CountEntries(txn, &entries);
    size_ = entries;
  }
  // The transaction is committed: aborting it would close the tables again.
  const int committed = mdb_txn_commit(txn);
  if (rc != 0) return rc;
  return committed;
}

LmdbFile::~LmdbFile() {
  if (reader_ != nullptr) mdb_txn_abort(reader_);
  mdb_env_close(env_);
}

int LmdbFile::BeginRead() {
  if (reader_ != nullptr) return mdb_txn_renew(reader_);
  return mdb_txn_begin(env_, nullptr, MDB_RDONLY, &reader_);
}

absl::StatusOr<std::optional<std::string>> LmdbFile::Get(std::string_view key) {
  int rc = BeginRead();
  if (rc != 0) return StatusOf(rc);
  const absl::Cleanup rest = [this] { mdb_txn_reset(reader_); };
  for (MDB_dbi table : generations_) {
    MDB_val wanted = Bytes(key), value;
    rc = mdb_get(reader_, table, &wanted, &value);
    if (rc == 0) return std::string(View(value));
    if (rc != MDB_NOTFOUND) return StatusOf(rc);
  }
  return std::nullopt;
}

absl::Status LmdbFile::ForEach(std::string_view prefix,
                               const Store::Visitor& visit) {
  const int rc = BeginRead();
  if (rc != 0) return StatusOf(rc);
  const absl::Cleanup rest = [this] { mdb_txn_reset(reader_); };
  bool go_on = true;
  absl::Status status;
  for (MDB_dbi table : generations_) {
    if (go_on && status.ok()) status = Walk(table, prefix, visit, &go_on);
  }
  return status;
}

absl::Status LmdbFile::Walk(MDB_dbi table, std::string_view prefix,
                            const Store::Visitor& visit, bool* go_on) {
  MDB_cursor* cursor = nullptr;
  int rc = mdb_cursor_open(reader_, table, &cursor);
  if (rc != 0) return StatusOf(rc);
  MDB_val key = Bytes(prefix), value;
  rc = mdb_cursor_get(cursor, &key, &value,
                      prefix.empty() ? MDB_FIRST : MDB_SET_RANGE);
  while (rc == 0 && View(key).substr(0, prefix.size()) == prefix) {
    *go_on = visit(View(key), View(value));
    if (!*go_on) break;
    rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
  }
  mdb_cursor_close(cursor);
  return rc == MDB_NOTFOUND ? absl::OkStatus() : StatusOf(rc);
}

absl::Status LmdbFile::Commit(const Changes& changes) {
  MDB_txn* txn = nullptr;
  int rc = mdb_txn_begin(env_, nullptr, 0, &txn);
  if (rc != 0) return StatusOf(rc);
  // Apply works on a copy of young_: if the commit fails, the new generation
  // must not exist in memory only.
  int young = young_;
  rc = Apply(txn, changes, &young);
  size_t entries = 0;
  if (rc == 0) rc = CountEntries(txn, &entries);
  if (rc == 0) {
    rc = mdb_txn_commit(txn);
  } else {
    mdb_txn_abort(txn);
  }
  if (rc == 0) {
    young_ = young;
    size_ = entries;
    return absl::OkStatus();
  }
  // Drops readers of other processes (mdb_stat) that were killed. Such a reader
  // still holds its pages, and the map could fill up.
  mdb_reader_check(env_, nullptr);
  return StatusOf(rc);
}

// Applies the changes in the order of their keys: neighbours share pages, and
// the same changes always make the same file.
int LmdbFile::Apply(MDB_txn* txn, const Changes& changes, int* young) {
  std::vector<const Changes::value_type*> in_order;
  in_order.reserve(changes.size());
  for (const Changes::value_type& change : changes) {
    in_order.push_back(&change);
  }
  std::sort(in_order.begin(), in_order.end(),
            [](const auto* a, const auto* b) { return a->first < b->first; });
  for (const auto* change : in_order) {
    const auto& [name, value] = *change;
    MDB_val key = Bytes(std::string_view(name));
    for (const MDB_dbi table : generations_) {
      if (value.has_value() && table == generations_[*young]) continue;
      const int rc = mdb_del(txn, table, &key, nullptr);
      if (rc != 0 && rc != MDB_NOTFOUND) return rc;
    }
    if (!value.has_value()) continue;
    if (const int rc = Put(txn, name, *value, young)) return rc;
  }
  return 0;
}

int LmdbFile::Put(MDB_txn* txn, std::string_view key, std::string_view value,
                  int* young) {
  MDB_val name = Bytes(key), data = Bytes(value);
  int rc = mdb_put(txn, generations_[*young], &name, &data, 0);
  MDB_stat stat;
  if (rc == 0) rc = mdb_stat(txn, generations_[*young], &stat);
  if (rc == 0 && YoungIsFull(stat)) rc = StartGeneration(txn, young);
  return rc;
}

// Counts entries, and also pages, so that long values cannot fill the map.
bool LmdbFile::YoungIsFull(const MDB_stat& young) const {
  const size_t pages = young.ms_branch_pages + young.ms_leaf_pages;
  return young.ms_entries >= std::max<size_t>(max_entries_ / 2, 1) ||
         pages * young.ms_psize >= map_bytes_ / 4;
}

// Forgets the old generation, makes the young one the old one, and starts an
// empty young one.
int LmdbFile::StartGeneration(MDB_txn* txn, int* young) {
  *young = 1 - *young;
  MDB_val key = Bytes(kYoung), value = Bytes(kNames[*young]);
  const int rc = mdb_drop(txn, generations_[*young], 0);
  return rc != 0 ? rc : mdb_put(txn, about_, &key, &value, 0);
}

int LmdbFile::CountEntries(MDB_txn* txn, size_t* entries) const {
  for (MDB_dbi table : generations_) {
    MDB_stat stat;
    if (const int rc = mdb_stat(txn, table, &stat)) return rc;
    *entries += stat.ms_entries;
  }
  return 0;
}

}  // namespace mailverdict

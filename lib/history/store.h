// Bytes remembered by key: the ground under all that was seen before, of any
// kind (stored_history.h).
//
// Bounded by a number of entries, in two generations, young and old: what is
// written is young; when the young hold half of the maximum they become the
// old, and the old are forgotten at once. So what was not written for longest
// goes, with no search for a victim. (In a file, what is committed together
// counts as written together.)
//
// Two stores: MemoryStore (memory_store.h), gone with the process, and
// LmdbStore (lmdb_store.h), a file.

#ifndef MAILVERDICT_LIB_HISTORY_STORE_H_
#define MAILVERDICT_LIB_HISTORY_STORE_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mailverdict {

// One thread at a time. Nothing but Sync waits for a disk's writes.
class Store {
 public:
  // So that an entry never needs a page of its own in LMDB (it takes 511 and,
  // for both together, some 2000). A longer key is to be hashed.
  static constexpr size_t kMinKeyBytes = 1;
  static constexpr size_t kMaxKeyBytes = 255;
  static constexpr size_t kMaxValueBytes = 1500;

  // Random, this long, made with the store and kept for as long as it: for
  // keyed hashes, which nobody outside can then bring to collide.
  static constexpr size_t kSaltBytes = 16;

  // False ends the walk. The store must not be used within.
  using Visitor =
      std::function<bool(std::string_view key, std::string_view value)>;

  virtual ~Store() = default;

  // nullopt: not there, or forgotten. An error: it cannot be known. What was
  // put before is seen, written out or not.
  virtual absl::StatusOr<std::optional<std::string>> Get(
      std::string_view key) = 0;

  // InvalidArgument when the key or the value is not within the bounds above.
  // That the disk refuses shows later: see Sync and the store's log.
  virtual absl::Status Put(std::string_view key, std::string_view value) = 0;
  virtual absl::Status Erase(std::string_view key) = 0;

  // Each entry whose key begins with `prefix`, in no order. As long as the
  // store is large: for commands.
  virtual absl::Status ForEach(std::string_view prefix,
                               const Visitor& visit) = 0;

  // Waits until all that was put is as safe as the store can make it. An error:
  // it is not, or not all of it. For tests, commands and the end.
  virtual absl::Status Sync() = 0;

  // Entries, as of the last Sync at least.
  virtual size_t size() const = 0;

  virtual const std::string& salt() const = 0;

 protected:
  static absl::Status CheckBounds(std::string_view key,
                                  std::string_view value = "") {
    if (key.size() < kMinKeyBytes || key.size() > kMaxKeyBytes) {
      return absl::InvalidArgumentError("a key of 1 to 255 bytes is needed");
    }
    if (value.size() > kMaxValueBytes) {
      return absl::InvalidArgumentError("a value has at most 1500 bytes");
    }
    return absl::OkStatus();
  }
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_HISTORY_STORE_H_

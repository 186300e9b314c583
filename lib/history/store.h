// The interface of a bounded key-value store, on which StoredHistory
// (stored_history.h) keeps everything it remembers.
//
// A store has a maximum number of entries, in two generations, young and old.
// An entry that is written becomes young. When the young ones are half of the
// maximum, the old ones are forgotten, and the young ones become the old ones.
// So the entries that were not written for longest are forgotten, without a
// search for them. (In a file, entries that are committed together count as
// written together.)
//
// There are two stores: MemoryStore (memory_store.h), which is lost when the
// process ends, and LmdbStore (lmdb_store.h), a file.

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

// For one thread at a time. Only Sync and the destructor wait for writes to a
// disk.
class Store {
 public:
  // Bounds of keys and values, so that an entry never needs a page of its own
  // in LMDB (whose bounds are 511 for a key and some 2000 for both). Hash a key
  // that may be longer.
  static constexpr size_t kMinKeyBytes = 1;
  static constexpr size_t kMaxKeyBytes = 255;
  static constexpr size_t kMaxValueBytes = 1500;

  // The size of salt(): random bytes, made with the store and kept as long as
  // it exists. Used as the key of hashes, which strangers cannot make collide
  // then.
  static constexpr size_t kSaltBytes = 16;

  // Returns false to end the iteration. Must not use the store.
  using Visitor =
      std::function<bool(std::string_view key, std::string_view value)>;

  virtual ~Store() = default;

  // Returns the value; nullopt if there is none, or it was forgotten. An error
  // if the store cannot know. Sees every earlier Put and Erase, also those that
  // are not on the disk yet.
  virtual absl::StatusOr<std::optional<std::string>> Get(
      std::string_view key) = 0;

  // Write or erase an entry. InvalidArgument if the key or the value is not
  // within the bounds above. A failing disk shows later: see Sync and the
  // store's log.
  virtual absl::Status Put(std::string_view key, std::string_view value) = 0;
  virtual absl::Status Erase(std::string_view key) = 0;

  // Calls `visit` for each entry whose key begins with `prefix`, in no order.
  // Takes time linear in the size of the store: for operators' commands.
  virtual absl::Status ForEach(std::string_view prefix,
                               const Visitor& visit) = 0;

  // Waits until every earlier Put and Erase is as durable as the store can make
  // it. An error if it is not, or not all of them. For tests, commands and the
  // end of the program.
  virtual absl::Status Sync() = 0;

  // The number of entries, as of the last Sync or later.
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

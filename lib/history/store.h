// The interface of a bounded key-value store. StoredHistory (stored_history.h)
// keeps everything it remembers in one.
//
// A store has a maximum number of entries, in two generations: young and old.
// An entry that is written becomes young. When the young entries reach half of
// the maximum, the old entries are dropped and the young ones become old. So
// the store forgets the entries that were not written for the longest time,
// without searching for them. (In a file, entries that are committed together
// count as written together.)
//
// There are two stores: MemoryStore (memory_store.h), which is lost when the
// process ends, and LmdbStore (lmdb_store.h), which is a file.

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

// For one thread at a time. Only Sync and the destructor wait for writes to the
// disk.
class Store {
 public:
  // The default maximum of entries. It is also the default of
  // history.max_entries in proto/policy.proto; a test compares the two.
  static constexpr size_t kDefaultMaxEntries = 1'000'000;

  // The limits of keys and values. They ensure that an entry never needs a page
  // of its own in LMDB, whose limits are 511 bytes for a key and about 2000 for
  // both together. For a key that may be longer, use a hash of it.
  static constexpr size_t kMinKeyBytes = 1;
  static constexpr size_t kMaxKeyBytes = 255;
  static constexpr size_t kMaxValueBytes = 1500;

  // The size of salt(): random bytes, which are made with the store and stay
  // the same as long as it exists. Hashes that use the salt as their key cannot
  // be made to collide by strangers.
  static constexpr size_t kSaltBytes = 16;

  // Returns false to end the iteration. Must not use the store.
  using Visitor =
      std::function<bool(std::string_view key, std::string_view value)>;

  virtual ~Store() = default;

  // Returns the value; nullopt if there is none or it was forgotten; an error
  // if the store cannot read it. Takes every earlier Put and Erase into
  // account, even those that are not on the disk yet.
  virtual absl::StatusOr<std::optional<std::string>> Get(
      std::string_view key) = 0;

  // Write or erase an entry. InvalidArgument if the key or the value is not
  // within the limits above. A failing disk is reported later, by Sync and in
  // the log.
  virtual absl::Status Put(std::string_view key, std::string_view value) = 0;
  virtual absl::Status Erase(std::string_view key) = 0;

  // Calls `visit` for each entry whose key begins with `prefix`, in no order.
  // Takes time linear in the size of the store, so it is for operators'
  // commands only.
  virtual absl::Status ForEach(std::string_view prefix,
                               const Visitor& visit) = 0;

  // Waits until every earlier Put and Erase is as durable as the store can make
  // it. Returns an error if any of them was lost. For tests, commands and the
  // end of the program.
  virtual absl::Status Sync() = 0;

  // The number of entries. It may lag behind writes that came after the last
  // Sync, and is 0 while the store cannot read its file.
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

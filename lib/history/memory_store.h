// A Store in memory. It is lost when the process ends.

#ifndef MAILVERDICT_LIB_HISTORY_MEMORY_STORE_H_
#define MAILVERDICT_LIB_HISTORY_MEMORY_STORE_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "lib/history/salt.h"
#include "lib/history/store.h"

namespace mailverdict {

// Never fails. Neither blocks nor starts a thread.
class MemoryStore final : public Store {
 public:
  explicit MemoryStore(size_t max_entries) : max_entries_(max_entries) {}

  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) override;
  absl::Status Put(std::string_view key, std::string_view value) override;
  absl::Status Erase(std::string_view key) override;
  absl::Status ForEach(std::string_view prefix, const Visitor& visit) override;
  absl::Status Sync() override { return absl::OkStatus(); }
  size_t size() const override { return young_.size() + old_.size(); }
  const std::string& salt() const override { return salt_; }

 private:
  // An entry: the key's length (1 byte), the key, the value. All are in one
  // string, because a short string (a mailbox that is present) needs no
  // allocation. An entry takes 33 to 75 bytes.
  using Record = std::string;
  static absl::string_view KeyOf(const Record& record) {
    const auto length = static_cast<unsigned char>(record[0]);
    return absl::string_view(record).substr(1, length);
  }
  struct HashKey {
    using is_transparent = void;
    size_t operator()(absl::string_view key) const {
      return absl::Hash<absl::string_view>()(key);
    }
    size_t operator()(const Record& record) const {
      return (*this)(KeyOf(record));
    }
  };
  struct SameKey {
    using is_transparent = void;
    bool operator()(const Record& a, const Record& b) const {
      return KeyOf(a) == KeyOf(b);
    }
    bool operator()(const Record& record, absl::string_view key) const {
      return KeyOf(record) == key;
    }
  };
  using Records = absl::flat_hash_set<Record, HashKey, SameKey>;

  const size_t max_entries_;
  const std::string salt_ = NewSalt();
  Records young_;
  Records old_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_HISTORY_MEMORY_STORE_H_

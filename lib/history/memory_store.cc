#include "lib/history/memory_store.h"

#include <algorithm>
#include <utility>

namespace mailverdict {
namespace {

absl::string_view Absl(std::string_view text) {
  return absl::string_view(text.data(), text.size());
}

}  // namespace

absl::StatusOr<std::optional<std::string>> MemoryStore::Get(
    std::string_view key) {
  for (const Records* records : {&young_, &old_}) {
    const auto found = records->find(Absl(key));
    if (found != records->end()) return found->substr(1 + key.size());
  }
  return std::nullopt;
}

absl::Status MemoryStore::Put(std::string_view key, std::string_view value) {
  absl::Status status = CheckBounds(key, value);
  if (!status.ok()) return status;
  old_.erase(Absl(key));
  young_.erase(Absl(key));
  Record record(1, static_cast<char>(key.size()));
  record.append(key).append(value);
  young_.insert(std::move(record));
  // Forgets a whole generation at once. This needs neither a search for the
  // oldest entry nor a list of ages.
  if (young_.size() >= std::max<size_t>(max_entries_ / 2, 1)) {
    old_ = std::move(young_);
    young_ = Records();
  }
  return status;
}

absl::Status MemoryStore::Erase(std::string_view key) {
  old_.erase(Absl(key));
  young_.erase(Absl(key));
  return CheckBounds(key);
}

absl::Status MemoryStore::ForEach(std::string_view prefix,
                                  const Visitor& visit) {
  for (const Records* records : {&young_, &old_}) {
    for (const Record& record : *records) {
      const std::string_view all = record;
      const size_t length = KeyOf(record).size();
      const std::string_view key = all.substr(1, length);
      if (key.substr(0, prefix.size()) != prefix) continue;
      if (!visit(key, all.substr(1 + length))) return absl::OkStatus();
    }
  }
  return absl::OkStatus();
}

}  // namespace mailverdict

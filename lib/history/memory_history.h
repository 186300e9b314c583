// A History in memory. It is lost when the process ends.

#ifndef MAILVERDICT_LIB_HISTORY_MEMORY_HISTORY_H_
#define MAILVERDICT_LIB_HISTORY_MEMORY_HISTORY_H_

#include <cstddef>
#include <memory>

#include "lib/history/memory_store.h"
#include "lib/history/stored_history.h"

namespace mailverdict {

class MemoryHistory final : public StoredHistory {
 public:
  explicit MemoryHistory(size_t max = Store::kDefaultMaxEntries)
      : StoredHistory(std::make_unique<MemoryStore>(max)) {}
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_HISTORY_MEMORY_HISTORY_H_

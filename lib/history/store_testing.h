// Every kind of Store, for the tests that run on each.

#ifndef MAILVERDICT_LIB_HISTORY_STORE_TESTING_H_
#define MAILVERDICT_LIB_HISTORY_STORE_TESTING_H_

#include <cstddef>
#include <memory>

#include "lib/history/lmdb_testing.h"
#include "lib/history/memory_store.h"

namespace mailverdict {

struct StoreKind {
  const char* name;
  // Opens a store of this kind. Its file, if it has one, is in `folder`.
  absl::StatusOr<std::unique_ptr<Store>> (*open)(const Folder& folder,
                                                 size_t max_entries);
};

inline constexpr StoreKind kStoreKinds[] = {
    {"Memory",
     [](const Folder&,
        size_t max_entries) -> absl::StatusOr<std::unique_ptr<Store>> {
       return std::make_unique<MemoryStore>(max_entries);
     }},
    {"Lmdb",
     [](const Folder& folder,
        size_t max_entries) -> absl::StatusOr<std::unique_ptr<Store>> {
       return OpenStore(folder, nullptr, max_entries);
     }},
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_HISTORY_STORE_TESTING_H_

// Makes the log lines about a store that fails or has recovered
// (lib/loop/health_log.h), with the number of writes that were lost.

#ifndef MAILVERDICT_LIB_HISTORY_STORE_HEALTH_H_
#define MAILVERDICT_LIB_HISTORY_STORE_HEALTH_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "lib/loop/health_log.h"

namespace mailverdict {

// Not thread-safe.
class StoreHealth {
 public:
  // `store` begins each line: "history /var/lib/mailverdict/history".
  explicit StoreHealth(std::string store)
      : health_(std::move(store), "what it holds is still read") {}

  // Report the result of a write. Both return the line to log, if one is due.
  // `lost` is the number of writes dropped since the store was opened.
  std::optional<std::string> Failed(absl::string_view why, uint64_t lost,
                                    absl::Time now) {
    if (!health_.failing()) lost_before_ = lost;
    return health_.Failed(
        absl::StrCat(why, "; ", lost - lost_before_, " writes dropped"), now);
  }
  std::optional<std::string> Healed(uint64_t lost, absl::Time now) {
    std::optional<std::string> line = health_.Healed(now);
    if (line.has_value()) {
      absl::StrAppend(&*line, "; ", lost - lost_before_, " writes dropped");
    }
    return line;
  }

 private:
  HealthLog health_;
  uint64_t lost_before_ = 0;  // `lost` when this failure began
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_HISTORY_STORE_HEALTH_H_

// The lists that were in force when the daemon last ran, so that a broken
// export together with a restart rejects nobody: at a start each list is
// compared with what is remembered here, as it is compared with the one in
// force while the daemon runs.
//
// A plain file beside the history's. It is small next to the history, is
// written only when a list changes, and is always written whole.

#ifndef MAILVERDICT_LIB_HISTORY_LIST_MEMORY_H_
#define MAILVERDICT_LIB_HISTORY_LIST_MEMORY_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mailverdict {

struct RememberedList {
  bool domains = false;  // an instant_reject_file; else a file of addresses
  std::string path;      // as the policy names it
  std::shared_ptr<const std::string> text;  // the version in force, never null
};

// Texts and paths together. Beyond it nothing is remembered (OutOfRange).
inline constexpr size_t kMaxListMemoryBytes = size_t{1} << 30;

// "HISTORY-lists" for the history's file; "" for "", where there is no memory.
std::string ListMemoryFile(const std::string& history_file);

// The file's bytes, and back again. DataLoss: they are damaged or foreign. What
// is read well is written as the same bytes.
std::string ListMemoryBytes(const std::vector<RememberedList>& lists);
absl::StatusOr<std::vector<RememberedList>> ParseListMemory(
    std::string_view bytes);

// NotFound: there is none. DataLoss: it is damaged or foreign. Otherwise
// PermissionDenied or Unavailable, with what the system says. Blocks.
absl::StatusOr<std::vector<RememberedList>> ReadListMemory(
    const std::string& file);

// Replaces the file atomically, mode 0600. Whatever the error, and whenever the
// machine stops, the file is either the old or the new one, whole. Blocks until
// the disk has it.
absl::Status WriteListMemory(const std::string& file,
                             const std::vector<RememberedList>& lists);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_HISTORY_LIST_MEMORY_H_

// A file with the lists that were in force when the daemon last ran. At a start
// each list is compared with its version in this file, as a running daemon
// compares it with the version in force. So a broken export rejects nobody,
// even if the daemon is restarted at the same time.
//
// It is a plain file beside the history's. It is small compared with the
// history, is written only when a list changes, and is always written whole.

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

// One list.
struct RememberedList {
  bool domains =
      false;         // true: instant_reject_file; false: a file of addresses
  std::string path;  // as the policy names it
  std::shared_ptr<const std::string> text;  // the version in force, never null
};

// The most bytes that all texts and paths together may have. If there are more,
// WriteListMemory writes nothing and returns OutOfRange.
inline constexpr size_t kMaxListMemoryBytes = size_t{1} << 30;

// The path of this file for a history's file: "HISTORY-lists". "" for "":
// without a history's file there is none.
std::string ListMemoryFile(const std::string& history_file);

// Converts lists to the file's bytes, and back. DataLoss if the bytes are
// damaged, or those of another program. Bytes that parse are those that the
// result would be written as.
std::string ListMemoryBytes(const std::vector<RememberedList>& lists);
absl::StatusOr<std::vector<RememberedList>> ParseListMemory(
    std::string_view bytes);

// Reads the file. NotFound: it does not exist. DataLoss: it is damaged, or
// another program's. PermissionDenied or Unavailable: the system's error.
// Blocks.
absl::StatusOr<std::vector<RememberedList>> ReadListMemory(
    const std::string& file);

// Replaces the file atomically, mode 0600: after any error, and after a crash
// at any moment, the file is either the old one or the new one, whole. Blocks
// until the new file is on the disk.
absl::Status WriteListMemory(const std::string& file,
                             const std::vector<RememberedList>& lists);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_HISTORY_LIST_MEMORY_H_

// Reads and writes the file that remembers the lists that were in force when
// the daemon last ran. When the daemon starts, it compares each list with the
// version in this file, as a running daemon compares a new version with the one
// in force. So a list that a broken export has cut short rejects nobody, even
// if the daemon is restarted at the same time.
//
// It is a plain file next to the history's file. It is small compared with the
// history. It is written only when a list changes, and always as a whole.

#ifndef MAILVERDICT_LIB_HISTORY_SAVED_LISTS_H_
#define MAILVERDICT_LIB_HISTORY_SAVED_LISTS_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mailverdict {

// One list.
struct SavedList {
  bool domains = false;  // an instant_reject_file; else a file of addresses
  std::string path;      // as the policy names it
  std::shared_ptr<const std::string> text;  // the version in force, never null
};

// The most bytes of all texts and paths together. If there are more,
// WriteSavedLists writes nothing and returns OutOfRange.
inline constexpr size_t kMaxSavedListsBytes = size_t{1} << 30;

// Returns the path of this file, "HISTORY-lists", for the history's file
// `history_file`. Returns "" if `history_file` is "": then there is no such
// file.
std::string SavedListsFile(const std::string& history_file);

// Converts lists to the bytes of the file, and back. DataLoss if the bytes are
// damaged, or from another program. If ParseSavedLists accepts the bytes,
// SavedListsBytes turns its result into the same bytes again.
std::string SavedListsBytes(const std::vector<SavedList>& lists);
absl::StatusOr<std::vector<SavedList>> ParseSavedLists(std::string_view bytes);

// Reads the file. NotFound: it does not exist. DataLoss: it is damaged, or from
// another program. PermissionDenied or Unavailable: the system's error. Blocks.
absl::StatusOr<std::vector<SavedList>> ReadSavedLists(const std::string& file);

// Replaces the file atomically; its mode is 0600. After any error, and after a
// crash at any moment, the file is either the old one or the complete new one.
// Blocks until the new file is on the disk.
absl::Status WriteSavedLists(const std::string& file,
                             const std::vector<SavedList>& lists);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_HISTORY_SAVED_LISTS_H_

// A consistency check of LMDB files. LMDB itself trusts what it maps into
// memory: a file that was cut short kills the process with SIGBUS, and a page
// of zeros or garbage with SIGSEGV or an assertion. So each file is checked
// once before it is opened.

#ifndef MAILVERDICT_LIB_HISTORY_LMDB_CHECK_H_
#define MAILVERDICT_LIB_HISTORY_LMDB_CHECK_H_

#include "absl/status/status.h"

namespace mailverdict {

// Reads the whole file `fd`, one page at a time; takes one bit of memory for
// each page. Follows each tree that can be reached from the newest meta page,
// and checks everything that LMDB relies on:
//   - each page is within the file, has the right kind, belongs to only one
//     tree, and is filled without gap or overlap;
//   - keys are in order, and counts are right;
//   - no page is both free and in use.
// Does not detect a wrong byte in a value, nor in a key whose place in the
// order stays the same.
//
// DataLoss: the file is damaged or not an LMDB file; the message says where.
// Unavailable: it cannot be read. lmdb_format.h describes the layout of the
// file.
absl::Status CheckLmdbFile(int fd);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_HISTORY_LMDB_CHECK_H_

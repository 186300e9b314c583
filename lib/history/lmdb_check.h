// Is an LMDB file sound? LMDB itself believes what it maps into memory: a file
// that was cut short kills the process with SIGBUS, a page of zeros or rubbish
// with SIGSEGV or an assertion. So each file is read once before it is opened.

#ifndef MAILVERDICT_LIB_HISTORY_LMDB_CHECK_H_
#define MAILVERDICT_LIB_HISTORY_LMDB_CHECK_H_

#include "absl/status/status.h"

namespace mailverdict {

// Reads the whole file `fd`, one page at a time, with 1 bit of memory a page.
// Follows each tree that can be reached from the newest meta page and checks
// all that LMDB relies on: that each page is within the file, is of its kind,
// belongs to one tree only and is filled without gap or overlap; the order of
// keys; the counts; and that no page is both free and in use. It does not see a
// wrong byte inside of a value, or of a key that is in order nevertheless.
//
// DataLoss: what is wrong; the file is damaged, or none of LMDB's. Unavailable:
// it cannot be read. What the bytes mean: lmdb_format.h.
absl::Status CheckLmdbFile(int fd);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_HISTORY_LMDB_CHECK_H_

// A syntax error that a parser found: what is wrong, and at which byte.

#ifndef MAILVERDICT_LIB_MAIL_FAULT_H_
#define MAILVERDICT_LIB_MAIL_FAULT_H_

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace mailverdict::mail {

// `what` must be a string literal, so a fault cannot carry a byte of the input
// into a log or a reply.
struct Fault {
  size_t at = 0;  // byte offset, like Cursor::offset()
  const char* what = "";
};

// An InvalidArgument status "byte AT: WHAT".
inline absl::Status ToStatus(const Fault& fault) {
  return absl::InvalidArgumentError(
      absl::StrCat("byte ", fault.at, ": ", fault.what));
}

}  // namespace mailverdict::mail

#endif  // MAILVERDICT_LIB_MAIL_FAULT_H_

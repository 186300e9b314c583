// What was seen before. Read by lookups; written from the observations of
// verdicts that were given.

#ifndef MAILVERDICT_LIB_HISTORY_HISTORY_H_
#define MAILVERDICT_LIB_HISTORY_HISTORY_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "lib/core/answer.h"
#include "lib/core/verdict.h"

namespace mailverdict {

// A store that fails answers Unknown. One thread at a time.
class History {
 public:
  virtual ~History() = default;
  // Present with the values of MailboxSeen, Absent, or Unknown.
  virtual Report Read(const HistoryLookup& lookup) = 0;
  virtual void Write(const Observation& observation) = 0;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_HISTORY_HISTORY_H_

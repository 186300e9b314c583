// What was seen before. Read by lookups; written from the observations of
// verdicts that were given.

#ifndef MAILVERDICT_LIB_HISTORY_HISTORY_H_
#define MAILVERDICT_LIB_HISTORY_HISTORY_H_

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "lib/core/answer.h"
#include "lib/core/missing_domain.h"
#include "lib/core/verdict.h"

namespace mailverdict {

// A store that fails answers Unknown. One thread at a time.
class History {
 public:
  virtual ~History() = default;
  // Present with the values that the lookup's kind names (lookup.h), Absent, or
  // Unknown.
  virtual Report Read(const HistoryLookup& lookup) = 0;
  virtual void Write(const Observation& observation) = 0;
  // Forgets who has vanished from `directory` (HistoryLookup::Kind::kVanished):
  // the operator says that they are gone. Each of them is still doubted for its
  // grace period; only one that is seen and vanishes again counts again.
  virtual absl::Status Release(std::string_view directory) = 0;

  // Domains that are remembered as missing (HistoryLookup::kMissingDomain), for
  // operators. Canonical names.
  // Learned from now on. Remembered if it was not.
  virtual absl::Status MarkDomain(const std::string& domain,
                                  MissingDomain::Mark mark, absl::Time now) = 0;
  // NotFound: it is not remembered.
  virtual absl::Status ForgetDomain(const std::string& domain) = 0;
  // All of them, in no order. False ends the walk; the history must not be used
  // within.
  using DomainVisitor =
      std::function<bool(std::string_view domain, const MissingDomain&)>;
  virtual absl::Status ForEachDomain(const DomainVisitor& visit) = 0;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_HISTORY_HISTORY_H_

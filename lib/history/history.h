// The memory of addresses and domains that were seen before. Lookups read it;
// the observations of verdicts that were given are written to it.

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
  // Forgets the addresses that have vanished from `directory`
  // (HistoryLookup::Kind::kVanished), because the operator says that they are
  // gone. Each address is still doubted for its grace period. It counts again
  // only if it is seen and vanishes again.
  virtual absl::Status Release(std::string_view directory) = 0;

  // The next three are for operators, about domains that are remembered as
  // missing (HistoryLookup::kMissingDomain). Names are canonical.

  // The domain counts as learned from now on, even if it was not remembered.
  virtual absl::Status MarkDomain(const std::string& domain,
                                  MissingDomain::Mark mark, absl::Time now) = 0;
  // NotFound if the domain is not remembered.
  virtual absl::Status ForgetDomain(const std::string& domain) = 0;
  // Visits all domains, in no order. The visitor returns false to end the walk;
  // it must not use the history.
  using DomainVisitor =
      std::function<bool(std::string_view domain, const MissingDomain&)>;
  virtual absl::Status ForEachDomain(const DomainVisitor& visit) = 0;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_HISTORY_HISTORY_H_

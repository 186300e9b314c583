// The interface of the history: the memory of mailboxes that were present,
// mailboxes that have vanished, and domains that were missing. History lookups
// read it. When a verdict has been given, its observations are written to it.

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

// If the store fails, Read answers Unknown and writes are lost. One thread at a
// time.
class History {
 public:
  virtual ~History() = default;
  // Answers Present, with the values that lookup.h describes for the lookup's
  // kind; Absent if nothing is remembered; or Unknown.
  virtual Report Read(const HistoryLookup& lookup) = 0;
  // Remembers one observation. The store logs failures.
  virtual void Write(const Observation& observation) = 0;
  // Empties the list of mailboxes that have vanished from `directory`
  // (HistoryLookup::Kind::kVanished), because the operator says that they are
  // gone for good. This ends a hold. The absence of each of these mailboxes is
  // still Unknown until its grace period is over. A mailbox enters the list
  // again only if it is seen and then vanishes once more.
  virtual absl::Status ReleaseHold(std::string_view directory) = 0;

  // The functions below are for operators. They concern the domains that are
  // remembered as missing (HistoryLookup::Kind::kMissingDomain), by their
  // canonical names.

  // Sets the mark of a domain. Adds the domain if it was not remembered.
  virtual absl::Status MarkDomain(const std::string& domain,
                                  MissingDomain::Mark mark, absl::Time now) = 0;
  // Forgets a domain. NotFound if it was not remembered.
  virtual absl::Status ForgetDomain(const std::string& domain) = 0;
  // Calls `visit` for each domain, in no order, until it returns false. `visit`
  // must not use the history.
  using DomainVisitor =
      std::function<bool(std::string_view domain, const MissingDomain&)>;
  virtual absl::Status ForEachDomain(const DomainVisitor& visit) = 0;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_HISTORY_HISTORY_H_

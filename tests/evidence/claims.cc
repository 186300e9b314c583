#include "tests/evidence/claims.h"

#include <variant>

#include "tests/evidence/claims_of.h"

namespace mailverdict {

std::vector<Claim> ClaimsFor(const Lookup& lookup, const Policy& policy,
                             const Overrides& overrides, absl::Time now) {
  if (const auto* mailbox = std::get_if<MailboxLookup>(&lookup)) {
    return ClaimsOf(*mailbox, *policy.FindDirectory(mailbox->directory), now);
  }
  if (const auto* dns = std::get_if<DnsLookup>(&lookup)) {
    return ClaimsOf(*dns, policy, now);
  }
  return ClaimsOf(std::get<HistoryLookup>(lookup), policy, overrides, now);
}

}  // namespace mailverdict

// Asks DNS, and has its answers vouched for: VouchDns (dns_vouch.h) judges each
// answer together with its controls.

#ifndef MAILVERDICT_LIB_DNS_VOUCHER_H_
#define MAILVERDICT_LIB_DNS_VOUCHER_H_

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "lib/dns/controls.h"
#include "lib/loop/executor.h"
#include "lib/policy/policy.h"
#include "lib/resolver/lookup_alarm.h"
#include "lib/resolver/resolver.h"

namespace mailverdict {

// A plain lookup is passed on. For a lookup with_controls whose answer can be
// vouched for, a round of controls goes to the same server after the answer has
// come, and VouchDns judges both.
//
// A list that fails its controls at each server is not asked, and its lookups
// are Unknown at once, until a round finds it well: questions for a dead list
// would delay all others. A list that could not answer is tested.
//
// An alarm tells when no lookup of names, or of one list, is answered for an
// hour though no server is failing (lookup_alarm.h).
//
// Loop's thread only. A `done` may ask again, and may destroy this.
class DnsVoucher final : public NameResolver {
 public:
  using Log = std::function<void(const std::string& line)>;

  // `executor`, `servers` and `controls` outlive this. `log` may be null.
  DnsVoucher(std::shared_ptr<const Policy> policy, Executor* executor,
             NameServers* servers, DnsControls* controls, Log log);

  void Resolve(const DnsLookup& lookup, Done done) override;

 private:
  void Judge(const Answer& seen, Done done);
  void Note(const DnsList* list, const Answer& seen);

  const std::shared_ptr<const Policy> policy_;
  Executor* const executor_;
  NameServers* const servers_;
  DnsControls* const controls_;
  const Log log_;
  std::map<const DnsList*, LookupAlarm> alarms_;  // nullptr: names
  // Reset by the destructor, so that later answers are dropped.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_DNS_VOUCHER_H_

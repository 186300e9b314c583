// Answers DNS lookups and runs their controls: VouchDns (dns_vouch.h) judges
// each answer together with its controls.

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

// A lookup without controls is passed on to the servers. For a lookup
// with_controls, if controls can prove its answer, a round of controls is run
// at the same server after the answer has come, and VouchDns judges both.
//
// A list that has failed its controls at every server is not asked until a
// round passes; its lookups are Unknown at once. Questions to a dead list would
// delay all others. If no server could answer a lookup in a list, the list is
// tested.
//
// A line is logged if, for an hour, every lookup of names in general
// (dns_vouch.h), or every lookup in one list, was Unknown although at least one
// server is not failing (lookup_alarm.h).
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
  std::map<const DnsList*, LookupAlarm> alarms_;  // nullptr: names in general
  // The destructor resets it, so that answers that come later are dropped.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_DNS_VOUCHER_H_

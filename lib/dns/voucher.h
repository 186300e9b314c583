// Gives what DNS says to the only judge that can vouch for it, together with
// the controls that it wants to see.

#ifndef MAILVERDICT_LIB_DNS_VOUCHER_H_
#define MAILVERDICT_LIB_DNS_VOUCHER_H_

#include <memory>

#include "lib/dns/controls.h"
#include "lib/policy/policy.h"
#include "lib/resolver/resolver.h"

namespace mailverdict {

// A plain lookup is passed on. One with_controls is asked anew, and if its
// answer can be vouched for, a round of controls that begins after it has come
// goes to the same server; VouchDns (dns_vouch.h) judges.
//
// A list that fails its controls at each server is not asked: it is Unknown at
// once, until a test finds it well. One that could not be asked is tested.
// Otherwise questions for a dead list would stand in the way of all others.
//
// Loop's thread only. A `done` may ask again, and may destroy this.
class DnsVoucher final : public NameResolver {
 public:
  // Both outlive this.
  DnsVoucher(std::shared_ptr<const Policy> policy, NameServers* servers,
             DnsControls* controls);

  void Resolve(const DnsLookup& lookup, Done done) override;

 private:
  void Judge(const Answer& seen, Done done);

  const std::shared_ptr<const Policy> policy_;
  NameServers* const servers_;
  DnsControls* const controls_;
  // Gone when this is: an answer that comes later is dropped.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_DNS_VOUCHER_H_

#include "lib/dns/voucher.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/core/dns_vouch.h"

namespace mailverdict {

DnsVoucher::DnsVoucher(std::shared_ptr<const Policy> policy,
                       NameServers* servers, DnsControls* controls)
    : policy_(std::move(policy)), servers_(servers), controls_(controls) {}

void DnsVoucher::Resolve(const DnsLookup& lookup, Done done) {
  const DnsList* const list = policy_->FindList(lookup.name);
  if (list != nullptr) {
    const std::string why = controls_->WhyNot(list);
    if (!why.empty()) {
      done(Answer(Report::Unknown(lookup, "the list fails: " + why)));
      return;
    }
  }
  servers_->Resolve(
      lookup, [this, list, done = std::move(done),
               alive = std::weak_ptr<const bool>(alive_)](const Answer& seen) {
        if (alive.expired()) return;
        if (list != nullptr && seen.unknown()) controls_->Suspect(list);
        if (alive.expired()) return;
        Judge(seen, done);
      });
}

void DnsVoucher::Judge(const Answer& seen, Done done) {
  const auto& lookup = std::get<DnsLookup>(seen.lookup());
  if (!lookup.with_controls || !CanBeVouchedFor(*policy_, seen.report())) {
    done(seen);
    return;
  }
  controls_->Ask(
      seen.transcript().server, lookup,
      [policy = policy_, seen,
       done = std::move(done)](const DnsControls::Round& round) {
        done(VouchDns(*policy, round.random, seen.report(), round.reports));
      });
}

}  // namespace mailverdict

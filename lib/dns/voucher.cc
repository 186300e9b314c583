#include "lib/dns/voucher.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/core/dns_vouch.h"

namespace mailverdict {

namespace {

std::string ServiceOf(const DnsList* list) {
  return list == nullptr ? "dns" : absl::StrCat("list ", list->zone);
}

std::string AdviceOf(const DnsList* list) {
  return absl::StrCat(
      list == nullptr
          ? "mail whose domain has to be looked up is deferred (451); ask the "
            "servers of `mailverdict status` for a domain by dig"
          : "the list is ignored; ask the servers of `mailverdict status` for "
            "an address in it by dig",
      ", and mend the server or the network between");
}

}  // namespace

DnsVoucher::DnsVoucher(std::shared_ptr<const Policy> policy, Executor* executor,
                       NameServers* servers, DnsControls* controls, Log log)
    : policy_(std::move(policy)),
      executor_(executor),
      servers_(servers),
      controls_(controls),
      log_(std::move(log)) {}

void DnsVoucher::Resolve(const DnsLookup& lookup, Done done) {
  const DnsList* const list = policy_->FindListOfName(lookup.name);
  if (list != nullptr) {
    const std::string why = controls_->ReasonNotAsked(list);
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
        Note(list, seen);
        Judge(seen, done);
      });
}

void DnsVoucher::Note(const DnsList* list, const Answer& seen) {
  const auto alarm =
      alarms_.try_emplace(list, ServiceOf(list), AdviceOf(list), log_).first;
  const auto well = [this, list] {
    const std::vector<ServerState> states = controls_->states(list);
    return std::any_of(states.begin(), states.end(),
                       [](const ServerState& state) { return !state.failing; });
  };
  alarm->second.Note(seen, well, executor_->Now());
}

void DnsVoucher::Judge(const Answer& seen, Done done) {
  const auto& lookup = std::get<DnsLookup>(seen.lookup());
  if (!lookup.with_controls || !CanBeVouchedFor(*policy_, seen.report())) {
    done(seen);
    return;
  }
  controls_->Ask(
      seen.origin().server, lookup,
      [policy = policy_, seen,
       done = std::move(done)](const DnsControls::Round& round) {
        done(VouchDns(*policy, round.random, seen.report(), round.reports));
      });
}

}  // namespace mailverdict

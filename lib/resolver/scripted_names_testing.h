// DNS servers that give the answers that a test tells them to, when it does.

#ifndef MAILVERDICT_LIB_RESOLVER_SCRIPTED_NAMES_TESTING_H_
#define MAILVERDICT_LIB_RESOLVER_SCRIPTED_NAMES_TESTING_H_

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/core/dns_vouch.h"
#include "lib/loop/executor.h"
#include "lib/resolver/resolver.h"

namespace mailverdict {

class ScriptedNames final : public NameServers {
 public:
  struct Call {
    DnsLookup lookup;
    std::string server;
    bool only_there = false;  // by ResolveAt
    absl::Time sent;
    Done done;
  };
  using Values = std::vector<std::string>;

  explicit ScriptedNames(Executor* executor,
                         std::vector<std::string> servers = {"192.0.2.53"})
      : executor_(executor), servers_(std::move(servers)) {}

  // If it returns a report, that is the answer, given at once. Its server and
  // times are filled in.
  std::function<std::optional<Report>(const Call&)> instant;

  std::vector<std::string> names() const override { return servers_; }
  void Resolve(const DnsLookup& lookup, Done done) override {
    Take({lookup, servers_.front(), false, executor_->Now(), std::move(done)});
  }
  void ResolveAt(const std::string& server, const DnsLookup& lookup,
                 Done done) override {
    Take({lookup, server, true, executor_->Now(), std::move(done)});
  }

  // Answers the `i`-th call that had no answer at once.
  void Present(size_t i, absl::Duration ttl, Values values = {"192.0.2.1"}) {
    Say(i, PresentReport(calls[i].lookup, ttl, std::move(values)));
  }
  void Absent(size_t i, Absence absence, absl::Duration ttl) {
    Report report = NoName(calls[i].lookup, ttl);
    report.absence = absence;
    Say(i, std::move(report));
  }
  void Unknown(size_t i) {
    Say(i, Report::Unknown(calls[i].lookup, "it answers SERVFAIL"));
  }
  void Say(size_t i, Report report) {
    const Call call = calls[i];  // `done` may add more
    report = Complete(call, std::move(report));
    Notify(call.server, report);
    call.done(Answer(std::move(report)));
  }

  // Answers with a report that all its controls vouch for.
  void SayVouched(size_t i, const Policy& policy, Report report) {
    const Call call = calls[i];
    report = Complete(call, std::move(report));
    Notify(call.server, report);
    std::vector<Report> controls;
    for (const DnsControl& control : DnsControlsFor(policy, call.lookup, 0)) {
      controls.push_back(Complete(call, AsItShouldBe(control)));
      controls.back().origin.sent = executor_->Now();
    }
    call.done(VouchDns(policy, 0, std::move(report), controls));
  }

  static Report AsItShouldBe(const DnsControl& control) {
    return control.present ? PresentReport(control.lookup, absl::ZeroDuration(),
                                           {"127.0.0.2"})
                           : NoName(control.lookup, absl::Seconds(60));
  }
  static Report PresentReport(const DnsLookup& lookup, absl::Duration ttl,
                              Values values = {"192.0.2.1"}) {
    Report report = Report::Present(lookup, std::move(values));
    report.dns.ttl = ttl;
    return report;
  }
  static Report NoName(const DnsLookup& lookup, absl::Duration ttl) {
    Report report = Report::Absent(lookup);
    report.absence = Absence::kNoName;
    report.dns = {ttl, "", "."};
    return report;
  }

  std::vector<Call> calls;

 private:
  void Take(Call call) {
    std::optional<Report> report;
    if (instant) report = instant(call);
    if (report.has_value()) {
      report = Complete(call, *std::move(report));
      Notify(call.server, *report);
      call.done(Answer(*std::move(report)));
    } else {
      calls.push_back(std::move(call));
    }
  }
  Report Complete(const Call& call, Report report) {
    report.origin = {call.server, 1, ++exchange_, call.sent, executor_->Now()};
    return report;
  }

  Executor* const executor_;
  const std::vector<std::string> servers_;
  uint64_t exchange_ = 0;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_RESOLVER_SCRIPTED_NAMES_TESTING_H_

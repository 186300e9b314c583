#include "lib/cases/given_answer.h"

#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "lib/core/dns_vouch.h"
#include "lib/core/vouch.h"
#include "lib/mail/domain.h"

namespace mailverdict {
namespace {

// The random number for labels and addresses that nobody has asked for before.
// It is fixed, so that a case always does the same.
constexpr uint64_t kRandom = 1;

constexpr absl::Duration kRoundTrip = absl::Milliseconds(1);

std::string ParentOf(const std::string& name) {
  const size_t dot = name.find('.');
  return dot == std::string::npos ? "." : name.substr(dot + 1);
}

Report ReportOf(const GivenAnswer& given, const Lookup& lookup, Origin moment) {
  Report report;
  report.lookup = lookup;
  report.state = *given.state;
  report.origin = std::move(moment);
  report.values = given.values;
  report.reason = given.reason;
  const auto* dns = std::get_if<DnsLookup>(&lookup);
  if (dns == nullptr) return report;
  report.dns.ttl = absl::Minutes(5);
  report.dns.alias_target = given.alias_target;
  if (report.state == AnswerState::kAbsent) {
    report.absence = given.absence;
    report.dns.zone = given.zone.empty() ? ParentOf(dns->name) : given.zone;
  }
  return report;
}

// Applies a Deviation to the report on a control; nullopt if the Deviation
// takes the report away.
std::optional<Report> Changed(Report report, const Deviation& deviation) {
  switch (deviation.kind) {
    case Deviation::Kind::kPresent:
      report.state = AnswerState::kPresent;
      report.values = deviation.values;
      break;
    case Deviation::Kind::kAbsent:
      report.state = AnswerState::kAbsent;
      report.absence = std::holds_alternative<DnsLookup>(report.lookup)
                           ? Absence::kNoName
                           : Absence::kNoEntry;
      report.values.clear();
      break;
    case Deviation::Kind::kUnknown:
      report.state = AnswerState::kUnknown;
      report.reason = deviation.reason;
      break;
    case Deviation::Kind::kAnotherServer:
      report.origin.server += ".another";
      break;
    case Deviation::Kind::kAnotherConnection:
      ++report.origin.connection;
      break;
    case Deviation::Kind::kAnotherExchange:
      ++report.origin.exchange;
      break;
    case Deviation::Kind::kAnotherTime:
      report.origin.sent -= absl::Seconds(1);
      break;
    case Deviation::Kind::kFromCache:
      report.dns.ttl = absl::Minutes(1);
      break;
    case Deviation::Kind::kNotAsked:
      return std::nullopt;
  }
  return report;
}

bool IsAbout(const Deviation& deviation, const Lookup& control) {
  if (deviation.subject == Deviation::kAllControls) return true;
  if (const auto* mailbox = std::get_if<MailboxLookup>(&control)) {
    return mailbox->address() == deviation.subject;
  }
  const std::string& name = std::get<DnsLookup>(control).name;
  return name == deviation.subject || mail::IsBelow(name, deviation.subject);
}

// Collects the reports on the controls and applies the Deviations to each.
// Notes which Deviations were used.
class Controls {
 public:
  explicit Controls(const GivenAnswer& given) : deviations_(given.deviations) {
    met_.resize(deviations_.size());
  }

  void Add(std::optional<Report> report) {
    for (size_t i = 0; i < deviations_.size() && report.has_value(); ++i) {
      if (!IsAbout(deviations_[i], report->lookup)) continue;
      met_[i] = true;
      report = Changed(*std::move(report), deviations_[i]);
    }
    if (report.has_value()) reports_.push_back(*std::move(report));
  }

  const std::vector<Report>& reports() const { return reports_; }

  // An error if a Deviation was never used: a misspelt control would make a
  // case pass for a wrong reason.
  absl::Status AllMet(bool second_server = false) const {
    for (size_t i = 0; i < deviations_.size(); ++i) {
      if (met_[i]) continue;
      if (deviations_[i].subject == Deviation::kSecondServer) {
        if (second_server) continue;
        return absl::InvalidArgumentError(
            "no second server is asked: the policy has but one, or is "
            "content with one (confirm_absent)");
      }
      return absl::InvalidArgumentError(
          absl::StrCat("no control \"", deviations_[i].subject,
                       "\" goes with what is asked; write an address or a "
                       "name of the policy's, or \"controls\" for all"));
    }
    return absl::OkStatus();
  }

 private:
  const std::vector<Deviation>& deviations_;
  std::vector<bool> met_;
  std::vector<Report> reports_;
};

// The answer of the second server, for a directory that needs one.
Answer Second(const GivenAnswer& given, const DirectoryPolicy& directory,
              const Report& first, std::vector<Report> controls) {
  const auto move = [&](Origin* moment) {
    moment->server = directory.uris[1];
    ++moment->connection;
  };
  std::optional<Report> second = first;
  move(&second->origin);
  for (Report& control : controls) move(&control.origin);
  for (const Deviation& deviation : given.deviations) {
    if (deviation.subject != Deviation::kSecondServer) continue;
    second = Changed(*std::move(second), deviation);
    if (!second.has_value()) {
      return Answer(Report::Unknown(first.lookup, "no second server"));
    }
  }
  return Vouch(directory, *std::move(second), controls);
}

absl::StatusOr<Answer> GiveMailbox(const GivenAnswer& given,
                                   const MailboxLookup& lookup,
                                   const Policy& policy, absl::Time now) {
  const DirectoryPolicy& directory = *policy.FindDirectory(lookup.directory);
  // Any server and any numbers will do. Good controls have the same ones.
  const Origin moment{directory.uris[0], 1, 2, now, now + kRoundTrip};
  const Report report = ReportOf(given, lookup, moment);
  Controls controls(given);
  for (const MailboxLookup& asked : ControlsFor(directory, lookup)) {
    controls.Add(Report::Present(asked, {asked.address()}, moment));
  }
  const absl::Status met = controls.AllMet(directory.NeedsConfirmation());
  if (!met.ok()) return met;
  Answer first = Vouch(directory, report, controls.reports());
  // A second server can only confirm an absence whose controls are good and
  // that is not proven yet.
  if (!first.controls_passed() || first.proven()) return first;
  const Answer second = Second(given, directory, report, controls.reports());
  return second.present() ? second : Confirm(first, second);
}

absl::StatusOr<Answer> GiveDns(const GivenAnswer& given,
                               const DnsLookup& lookup, const Policy& policy,
                               absl::Time now) {
  const std::string server =
      policy.dns.servers.empty() ? "192.0.2.53" : policy.dns.servers[0];
  Report report =
      ReportOf(given, lookup, {server, 1, 1, now, now + kRoundTrip});
  Controls controls(given);
  // The controls are sent after the answer has arrived, as the core demands.
  Origin moment{server, 1, 1, now + kRoundTrip, now + 2 * kRoundTrip};
  if (lookup.with_controls) {
    for (const DnsControl& asked : DnsControlsFor(policy, lookup, kRandom)) {
      ++moment.exchange;
      Report seen = asked.present
                        ? Report::Present(asked.lookup, {"127.0.0.2"}, moment)
                        : Report::Absent(asked.lookup, moment);
      controls.Add(std::move(seen));
    }
  }
  const absl::Status met = controls.AllMet();
  if (!met.ok()) return met;
  if (!lookup.with_controls) return Answer(std::move(report));
  return VouchDns(policy, kRandom, std::move(report), controls.reports());
}

}  // namespace

const GivenAnswer* FindGiven(const CaseStep& step, const Lookup& lookup) {
  const std::string text = ToString(lookup);
  for (const GivenAnswer& given : step.given) {
    if (given.lookup == text) return &given;
  }
  return nullptr;
}

absl::StatusOr<Answer> Give(const GivenAnswer& given, const Lookup& lookup,
                            const Policy& policy, absl::Time now) {
  if (const auto* mailbox = std::get_if<MailboxLookup>(&lookup)) {
    return GiveMailbox(given, *mailbox, policy, now);
  }
  if (const auto* dns = std::get_if<DnsLookup>(&lookup)) {
    return GiveDns(given, *dns, policy, now);
  }
  if (!given.deviations.empty()) {
    return absl::InvalidArgumentError("no controls go with a history");
  }
  return Answer(ReportOf(given, lookup, {}));
}

}  // namespace mailverdict

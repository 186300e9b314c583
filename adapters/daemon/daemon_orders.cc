// What the maps and the operators ask of a daemon.

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "adapters/daemon/daemon.h"
#include "lib/core/replies.h"
#include "lib/mail/domain.h"

namespace mailverdict {
namespace {

absl::Status NoDirectory(const std::string& directory) {
  return absl::NotFoundError(
      absl::StrCat("the policy has no directory ", directory));
}

constexpr size_t kMaxListed = 10000;  // beside those that are learned
constexpr size_t kMaxListBytes = socketmap::kMaxReplyBytes - 1000;

// What operators are shown of the missing domains: as many as fit into a reply.
absl::StatusOr<std::string> DomainLines(const Policy& policy, History* history,
                                        absl::Time now) {
  const auto* check = policy.FindCheck<DomainCheckPolicy>();
  struct Line {
    bool learned;
    std::string text;
  };
  std::vector<Line> lines;
  size_t remembered = 0;
  const absl::Status status = history->ForEachDomain(
      [&](std::string_view name, const MissingDomain& domain) {
        const bool learned = check != nullptr && domain.Learned(*check, now);
        if (++remembered > kMaxListed && !learned) return true;
        lines.push_back(
            {learned,
             absl::StrCat(absl::string_view(name.data(), name.size()),
                          learned ? " LEARNED, " : " ",
                          absl::StrJoin(domain.ToValues(), ", "), "\n")});
        return true;
      });
  if (!status.ok()) return status;
  std::sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) {
    return a.learned != b.learned ? a.learned : a.text < b.text;
  });
  std::string text = absl::StrCat(remembered, " domains are remembered\n");
  size_t shown = 0;
  for (const Line& line : lines) {
    if (text.size() + line.text.size() > kMaxListBytes) break;
    text += line.text;
    ++shown;
  }
  if (shown < remembered) absl::StrAppend(&text, "and more\n");
  return text;
}

// Whether the MTA resolved the recipient to an address that is not, but for the
// case of letters, what stands between the brackets of RCPT TO.
bool ResolvedElsewhere(const Transaction& tx) {
  if (!tx.resolved.has_value()) return false;
  const absl::string_view resolved(tx.resolved->data(), tx.resolved->size());
  absl::string_view asked(tx.recipient.data(), tx.recipient.size());
  if (absl::ConsumePrefix(&asked, "<")) absl::ConsumeSuffix(&asked, ">");
  return absl::StrContains(resolved, '@') &&
         !absl::EqualsIgnoreCase(resolved, asked);
}

}  // namespace

void Daemon::Judge(Transaction asked, Done done, StillWaiting still_waiting) {
  const auto give = [this, done = std::move(done)](const Transaction& tx,
                                                   const Verdict& verdict) {
    done(verdict);
    Log(tx, verdict);
  };
  const auto in_time = [this, still_waiting = std::move(still_waiting)] {
    if (still_waiting()) return true;
    LogLate();
    return false;
  };
  if (mode_ == OperatorMode::kOff) {
    engine_->Judge(std::move(asked), give, in_time);
    return;
  }
  if (!in_time()) return;
  asked.now = loop_->Now();
  give(asked, mode_ == OperatorMode::kPassAll
                  ? Verdict::Pass("held by the operator: pass-all")
                  : Verdict::Defer(replies::kDeferAll,
                                   "held by the operator: defer-all"));
}

void Daemon::Explain(Transaction asked, Done done) {
  engine_->Explain(
      std::move(asked),
      [done = std::move(done)](const Transaction&, const Verdict& verdict) {
        done(verdict);
      });
}

DaemonStatus Daemon::Status() {
  using ListFile = DaemonStatus::ListFile;
  const Policy& policy = engine_->policy();
  DaemonStatus status;
  status.now = loop_->Now();
  status.started = started_at_;
  status.policy_path = policy_path_;
  status.mode = mode_;
  status.mode_since = mode_since_;
  status.overrides = engine_->overrides();
  status.shadow = policy.shadow;
  status.connections = maps_->connections();
  status.sessions = milter_ == nullptr ? 0 : milter_->sessions();
  status.history = settings_at_start_.history.path.empty()
                       ? "is lost with a restart"
                       : settings_at_start_.history.path;
  for (const DirectoryPolicy& directory : policy.directories) {
    const Answer vanished(
        history_->Read({HistoryLookup::Kind::kVanished, directory.name}));
    DaemonStatus::Directory& entry = status.directories.emplace_back();
    entry.policy = &directory;
    entry.servers = engine_->Servers(directory.name);
    entry.vanished = vanished.absent() ? Vanished() : Vanished::From(vanished);
  }
  for (const auto& [key, list] : lists_) {
    status.files.push_back(
        {key.path, list.entries,
         list.state == ListInForce::State::kGood   ? ListFile::State::kGood
         : list.state == ListInForce::State::kHeld ? ListFile::State::kHeld
                                                   : ListFile::State::kBroken,
         list.since, list.why});
  }
  for (const auto& [about, alarm] : alarms_.all()) {
    if (about.compare(0, 5, "list ") != 0) {
      status.open_alarms.push_back({alarm.line, alarm.since});
    }
  }
  if (policy.AsksDns()) {
    status.dns = {engine_->DnsServers(nullptr), !policy.dns.controls.empty()};
  }
  if (const auto* dnsbl = policy.FindCheck<DnsblCheckPolicy>()) {
    for (const DnsList& list : dnsbl->lists) {
      status.lists.push_back({list.zone, engine_->DnsServers(&list)});
    }
  }
  return status;
}

void Daemon::SetMode(OperatorMode mode) {
  mode_ = mode;
  mode_since_ = loop_->Now();
  const std::string_view word = ToString(mode);
  LogOrder(absl::StrCat("hold ", absl::string_view(word.data(), word.size())));
}

absl::Status Daemon::ReleaseHold(const std::string& directory) {
  if (engine_->policy().FindDirectory(directory) == nullptr) {
    return NoDirectory(directory);
  }
  const absl::Status status = history_->ReleaseHold(directory);
  LogOrder(absl::StrCat("release ", directory, status.ok() ? "" : ": ",
                        status.message()));
  return status;
}

absl::Status Daemon::SetGrace(const std::string& directory,
                              std::optional<absl::Duration> grace) {
  const DirectoryPolicy* policy = engine_->policy().FindDirectory(directory);
  if (policy == nullptr) return NoDirectory(directory);
  Overrides overrides = engine_->overrides();
  overrides[directory].grace = grace;
  engine_->SetOverrides(std::move(overrides));
  LogOrder(
      absl::StrCat("grace ", directory, " ",
                   grace.has_value() ? absl::FormatDuration(*grace) : "policy",
                   " (policy: ", absl::FormatDuration(policy->grace), ")"));
  return absl::OkStatus();
}

absl::Status Daemon::SetVanishLimit(const std::string& directory,
                                    std::optional<VanishLimit> limit) {
  const DirectoryPolicy* policy = engine_->policy().FindDirectory(directory);
  if (policy == nullptr) return NoDirectory(directory);
  Overrides overrides = engine_->overrides();
  overrides[directory].hold = limit;
  engine_->SetOverrides(std::move(overrides));
  LogOrder(absl::StrCat("vanished ", directory, " ",
                        limit.has_value() ? limit->ToString() : "policy",
                        " (policy: ", VanishLimitOf(*policy, {}).ToString(),
                        ")"));
  return absl::OkStatus();
}

absl::StatusOr<std::string> Daemon::ListDomains() {
  return DomainLines(engine_->policy(), history_.get(), loop_->Now());
}

absl::Status Daemon::MarkDomain(const std::string& name,
                                MissingDomain::Mark mark) {
  using Mark = MissingDomain::Mark;
  const absl::StatusOr<std::string> domain = mail::CanonicalDomain(name);
  if (!domain.ok()) return domain.status();
  const absl::Status status =
      mark == Mark::kNone ? history_->ForgetDomain(*domain)
                          : history_->MarkDomain(*domain, mark, loop_->Now());
  const char* verb = mark == Mark::kNone    ? "remove "
                     : mark == Mark::kAdded ? "add "
                                            : "pin ";
  LogOrder(absl::StrCat("domain ", verb, *domain, status.ok() ? "" : ": ",
                        status.message()));
  return status;
}

void Daemon::LogOrder(const std::string& order) {
  log_->Write(Severity::kWarning, absl::StrCat("operator: ", order));
}

// What the file says is in force when it has been read. The new engine knows
// nothing else; here it is told.
void Daemon::EndOverrides() {
  for (const auto& [directory, set] : engine_->overrides()) {
    if (!set.grace.has_value() && !set.hold.has_value()) continue;
    LogOrder(absl::StrCat("grace and vanished of ", directory,
                          " are the policy's again, which has been read"));
  }
}

// The MTA's log has the recipient: to it, this was a timeout.
void Daemon::LogLate() {
  late_->Write(loop_->Now(), Severity::kWarning, [] {
    return std::string(
        "a verdict came when its client had gone, or had been told 451 "
        "already: it was dropped, and nothing of it is remembered");
  });
}

void Daemon::Log(const Transaction& tx, const Verdict& verdict) {
  // A client that connects and passes is logged with its recipients.
  if (tx.stage == Stage::kConnect &&
      verdict.disposition() == Disposition::kPass) {
    return;
  }
  // A verdict that no check judged has no beginning.
  const absl::Duration took = tx.now == absl::InfinitePast()
                                  ? absl::ZeroDuration()
                                  : loop_->Now() - tx.now;
  const absl::AlphaNum us(absl::ToInt64Microseconds(took));
  const auto if_any = [](std::string_view of, std::string_view text) {
    return of.empty() ? std::string_view() : text;
  };
  const bool rcpt = tx.stage == Stage::kRcpt;
  std::string_view address, before, after;
  if (tx.stage >= Stage::kMail) {
    address = rcpt ? tx.recipient : tx.sender;
    // A milter is told addresses in brackets, a map without.
    const bool bare = address.empty() || address[0] != '<';
    before = bare ? (rcpt ? "to=<" : "from=<") : (rcpt ? "to=" : "from=");
    after = bare ? "> " : " ";
  }
  // Where the MTA delivers to another address, that is the one to look for.
  const std::string_view resolved = rcpt && ResolvedElsewhere(tx)
                                        ? std::string_view(*tx.resolved)
                                        : std::string_view();
  log_->Write(Severity::kInfo, {if_any(tx.client, "client="),
                                tx.client,
                                if_any(tx.client, " "),
                                if_any(tx.queue_id, "id="),
                                tx.queue_id,
                                if_any(tx.queue_id, " "),
                                before,
                                address,
                                after,
                                if_any(resolved, "resolved=<"),
                                resolved,
                                if_any(resolved, "> "),
                                verdict.Line(),
                                " ",
                                {us.data(), us.size()},
                                "us"});
}

}  // namespace mailverdict

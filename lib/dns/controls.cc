#include "lib/dns/controls.h"

#include <algorithm>
#include <utility>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "lib/core/dns_vouch.h"
#include "lib/loop/timer.h"
#include "lib/resolver/server_health.h"

namespace mailverdict {
namespace {

// An example of a lookup of one kind: an argument for DnsControlsFor.
DnsLookup SampleOf(const DnsList* list) {
  return {list == nullptr ? "" : absl::StrCat("any.", list->zone), DnsType::kA};
}

}  // namespace

// The state of one kind (names in general, or one list) at one server.
struct DnsControls::Target {
  // Consecutive lookups that the server could not answer. Counted only for a
  // kind without controls. An answer resets the whole struct.
  struct Failures {
    int names = 0;
    std::string last;  // the last name: a repetition does not count
  };

  Target(std::string server, const DnsList* list, bool has_controls,
         bool retested, Executor* executor, HealthHooks hooks)
      : server(std::move(server)),
        list(list),
        has_controls(has_controls),
        retested(retested),
        health(list == nullptr
                   ? absl::StrCat("dns ", this->server)
                   : absl::StrCat("list ", list->zone, " (", this->server, ")"),
               list == nullptr
                   ? "no mail is rejected for what it says, and mail "
                     "whose domain it cannot look up is deferred (451)"
                   : "it is ignored",
               this->server, executor, std::move(hooks)),
        next(executor) {}

  const std::string server;
  const DnsList* const list;
  const bool has_controls;
  const bool retested;  // tested regularly, even while it is well
  ServerHealth health;
  absl::Duration pause = kFirstRetestFailing;  // after the next failed round
  absl::Time begun = absl::InfinitePast();     // when the last round began
  std::shared_ptr<Running> running;            // null: no round is under way
  std::vector<Done> waiting;                   // for the next round
  Timer next;                                  // begins the next round
  absl::Time due;                              // when `next` runs
  Failures failures;
};

// A round under way.
struct DnsControls::Running {
  Target* target;
  Round round;
  std::vector<Done> waiting;  // to be called with the round
  size_t owed = 0;            // answers that have not come yet
};

DnsControls::Random DnsControls::BitGen() {
  return [bits = std::make_shared<absl::BitGen>()] {
    return absl::Uniform<uint64_t>(*bits);
  };
}

DnsControls::DnsControls(std::shared_ptr<const Policy> policy,
                         Executor* executor, NameServers* servers,
                         Random random, const Hooks& hooks)
    : policy_(std::move(policy)),
      executor_(executor),
      servers_(servers),
      random_(std::move(random)) {
  const auto add = [&](const DnsList* list, bool retested) {
    const bool has_controls =
        !DnsControlsFor(*policy_, SampleOf(list), 0).empty();
    for (const std::string& server : servers_->names()) {
      targets_.push_back(std::make_unique<Target>(server, list, has_controls,
                                                  retested, executor_,
                                                  hooks(server, list)));
    }
  };
  add(nullptr, !policy_->dns.controls.empty());
  if (const auto* dnsbl = policy_->FindCheck<DnsblCheckPolicy>()) {
    for (const DnsList& list : dnsbl->lists) add(&list, true);
  }
  // The destructor does not remove the listener, because the next DnsControls
  // may have replaced it already.
  servers_->SetListener([this, alive = std::weak_ptr<const bool>(alive_)](
                            const std::string& server, const Report& report) {
    if (!alive.expired()) OnReport(server, report);
  });
}

DnsControls::~DnsControls() = default;

void DnsControls::StartTests() {
  const std::weak_ptr<const bool> alive = alive_;
  for (size_t i = 0; !alive.expired() && i < targets_.size(); ++i) {
    if (targets_[i]->retested) Schedule(targets_[i].get(), executor_->Now());
  }
}

void DnsControls::Ask(const std::string& server, const DnsLookup& lookup,
                      Done done) {
  Target* const target = Find(server, policy_->FindListOfName(lookup.name));
  if (target == nullptr) {
    done(Round());
    return;
  }
  target->waiting.push_back(std::move(done));
  Schedule(target, executor_->Now());
}

void DnsControls::Suspect(const DnsList* list) {
  for (const std::string& server : servers_->names()) {
    Target* const target = Find(server, list);
    if (target != nullptr) Schedule(target, executor_->Now());
  }
}

std::string DnsControls::ReasonNotAsked(const DnsList* list) const {
  const Target* failing = nullptr;
  for (const auto& target : targets_) {
    if (target->list != list) continue;
    if (!target->health.failing()) return "";
    failing = target.get();
  }
  return failing == nullptr ? "" : failing->health.state().why;
}

std::vector<ServerState> DnsControls::states(const DnsList* list) const {
  std::vector<ServerState> states;
  for (const auto& target : targets_) {
    if (target->list == list) states.push_back(target->health.state());
  }
  return states;
}

DnsControls::Target* DnsControls::Find(const std::string& server,
                                       const DnsList* list) {
  for (const auto& target : targets_) {
    if (target->list == list && target->server == server) {
      return target.get();
    }
  }
  return nullptr;
}

// Called with the answer of a server to any question, including those of
// rounds.
void DnsControls::OnReport(const std::string& server, const Report& report) {
  const auto& lookup = std::get<DnsLookup>(report.lookup);
  Target* const target = Find(server, policy_->FindListOfName(lookup.name));
  if (target == nullptr) return;
  if (!target->has_controls) {
    Count(target, report);
    return;
  }
  // Nothing to do if the lookup was answered. If a round is under way, it will
  // show the state; for a failing kind the next round is scheduled.
  if (report.state != AnswerState::kUnknown || target->running != nullptr ||
      target->health.failing()) {
    return;
  }
  // Uses the timer even if the round is due now: a round that began here could
  // destroy the servers, which are calling us.
  const absl::Time due =
      std::max(executor_->Now(), target->begun + kMinSuspectInterval);
  if (!target->next.pending() || due < target->due) SetTimer(target, due);
}

void DnsControls::Count(Target* target, const Report& report) {
  Target::Failures& failures = target->failures;
  if (report.state != AnswerState::kUnknown) {
    failures = Target::Failures();
    if (target->health.failing()) target->health.Report("");
    return;
  }
  const std::string& name = std::get<DnsLookup>(report.lookup).name;
  if (name == failures.last) return;
  failures.last = name;
  if (++failures.names < kNamesUnknown) return;
  target->health.Report(absl::StrCat("it could not answer for any of the last ",
                                     failures.names,
                                     " names: ", report.reason));
}

// Begins the next round at `due`, or as soon as it may begin.
void DnsControls::Schedule(Target* target, absl::Time due) {
  if (target->running != nullptr) return;  // End calls this again
  due = std::max(due, target->begun + kMinRoundInterval);
  if (due <= executor_->Now()) {
    target->next.Cancel();
    Begin(target);
  } else if (!target->next.pending() || due < target->due) {
    SetTimer(target, due);
  }
}

void DnsControls::SetTimer(Target* target, absl::Time due) {
  target->due = due;
  target->next.Set(due - executor_->Now(), [this, target] { Begin(target); });
}

void DnsControls::Begin(Target* target) {
  const auto running = std::make_shared<Running>();
  running->target = target;
  running->waiting.swap(target->waiting);
  running->round.random = random_();
  target->begun = executor_->Now();
  target->running = running;
  const std::vector<DnsControl> controls =
      DnsControlsFor(*policy_, SampleOf(target->list), running->round.random);
  running->owed = controls.size();
  running->round.reports.resize(controls.size());
  const std::weak_ptr<const bool> alive = alive_;
  if (controls.empty()) End(running);  // may destroy this
  for (size_t i = 0; i < controls.size(); ++i) {
    if (alive.expired()) return;
    servers_->ResolveAt(target->server, controls[i].lookup,
                        [this, alive, running, i](const Answer& answer) {
                          if (alive.expired()) return;
                          running->round.reports[i] = answer.report();
                          if (--running->owed == 0) End(running);
                        });
  }
}

void DnsControls::End(const std::shared_ptr<Running>& running) {
  Target* const target = running->target;
  Round& round = running->round;
  Origin before;
  before.server = target->server;
  before.received = target->begun;
  round.objection = ObjectionOfControls(*policy_, SampleOf(target->list),
                                        round.random, before, round.reports);
  if (!round.reports.empty()) target->health.Report(round.objection);
  target->running = nullptr;
  const absl::Duration pause = target->pause;
  target->pause = round.objection.empty()
                      ? kFirstRetestFailing
                      : std::min(2 * pause, kLastRetestFailing);
  if (!target->waiting.empty()) {
    Schedule(target, executor_->Now());
  } else if (!round.objection.empty()) {
    Schedule(target, executor_->Now() + pause);
  } else if (target->retested || target->health.unsteady()) {
    Schedule(target, target->begun + kRetest);
  }
  const std::weak_ptr<const bool> alive = alive_;
  for (const Done& done : running->waiting) {
    if (alive.expired()) return;
    done(round);
  }
}

}  // namespace mailverdict

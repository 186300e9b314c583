#include "lib/dns/controls.h"

#include <algorithm>
#include <utility>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "lib/core/dns_vouch.h"
#include "lib/resolver/server_health.h"

namespace mailverdict {
namespace {

// One of the lookups whose controls these are.
DnsLookup SampleOf(const DnsList* list) {
  return {list == nullptr ? "" : absl::StrCat("any.", list->zone), DnsType::kA};
}

}  // namespace

// What is tested: names in general or one list, at one server.
struct DnsControls::Subject {
  Subject(std::string server, const DnsList* list, bool retested,
          Executor* executor, HealthHooks hooks)
      : server(std::move(server)),
        list(list),
        retested(retested),
        health(
            list == nullptr
                ? absl::StrCat("dns ", this->server)
                : absl::StrCat("list ", list->zone, " (", this->server, ")"),
            list == nullptr ? "what it says rejects nobody" : "it is ignored",
            this->server, executor, std::move(hooks)) {}

  const std::string server;
  const DnsList* const list;
  const bool retested;  // also while it is well
  ServerHealth health;
  absl::Duration pause = kFirstRetestFailing;  // should the next round fail
  absl::Time begun = absl::InfinitePast();     // the last round
  bool under_way = false;                      // it
  std::vector<Done> waiting;                   // for the next one
  Executor::TimerId timer = 0;  // of the next one, if there is one
  absl::Time due;               // then
};

// A round under way.
struct DnsControls::Running {
  Subject* subject;
  Round round;
  std::vector<Done> waiting;  // for it
  size_t owed = 0;            // answers
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
    for (const std::string& server : servers_->names()) {
      subjects_.push_back(std::make_unique<Subject>(
          server, list, retested, executor_, hooks(server, list)));
    }
  };
  add(nullptr, !policy_->dns.controls.empty());
  if (const auto* dnsbl = policy_->FindCheck<DnsblCheckPolicy>()) {
    for (const DnsList& list : dnsbl->lists) add(&list, true);
  }
}

DnsControls::~DnsControls() {
  for (const auto& subject : subjects_) executor_->Cancel(subject->timer);
}

void DnsControls::StartTests() {
  const std::weak_ptr<const bool> alive = alive_;
  for (size_t i = 0; !alive.expired() && i < subjects_.size(); ++i) {
    if (subjects_[i]->retested) Schedule(subjects_[i].get(), executor_->Now());
  }
}

void DnsControls::Ask(const std::string& server, const DnsLookup& lookup,
                      Done done) {
  Subject* const subject = Find(server, policy_->FindList(lookup.name));
  if (subject == nullptr) {
    done(Round());
    return;
  }
  subject->waiting.push_back(std::move(done));
  Schedule(subject, executor_->Now());
}

void DnsControls::Suspect(const DnsList* list) {
  for (const std::string& server : servers_->names()) {
    Subject* const subject = Find(server, list);
    if (subject != nullptr) Schedule(subject, executor_->Now());
  }
}

std::string DnsControls::WhyNot(const DnsList* list) const {
  const Subject* failing = nullptr;
  for (const auto& subject : subjects_) {
    if (subject->list != list) continue;
    if (!subject->health.failing()) return "";
    failing = subject.get();
  }
  return failing == nullptr ? "" : failing->health.state().why;
}

std::vector<ServerState> DnsControls::states(const DnsList* list) const {
  std::vector<ServerState> states;
  for (const auto& subject : subjects_) {
    if (subject->list == list) states.push_back(subject->health.state());
  }
  return states;
}

DnsControls::Subject* DnsControls::Find(const std::string& server,
                                        const DnsList* list) {
  for (const auto& subject : subjects_) {
    if (subject->list == list && subject->server == server) {
      return subject.get();
    }
  }
  return nullptr;
}

// Begins the next round at `due`, or as soon as it may begin.
void DnsControls::Schedule(Subject* subject, absl::Time due) {
  if (subject->under_way) return;  // End does
  due = std::max(due, subject->begun + kApart);
  if (subject->timer != 0 && subject->due <= due) return;
  executor_->Cancel(std::exchange(subject->timer, 0));
  if (due <= executor_->Now()) {
    Begin(subject);
    return;
  }
  subject->due = due;
  subject->timer = executor_->RunAfter(due - executor_->Now(), [this, subject] {
    subject->timer = 0;
    Begin(subject);
  });
}

void DnsControls::Begin(Subject* subject) {
  auto running = std::make_shared<Running>();
  running->subject = subject;
  running->waiting.swap(subject->waiting);
  running->round.random = random_();
  subject->begun = executor_->Now();
  subject->under_way = true;
  const std::vector<DnsControl> controls =
      DnsControlsFor(*policy_, SampleOf(subject->list), running->round.random);
  running->owed = controls.size();
  running->round.reports.resize(controls.size());
  if (controls.empty()) End(running);
  const std::weak_ptr<const bool> alive = alive_;
  for (size_t i = 0; i < controls.size(); ++i) {
    if (alive.expired()) return;
    servers_->ResolveAt(subject->server, controls[i].lookup,
                        [this, alive, running, i](const Answer& answer) {
                          if (alive.expired()) return;
                          running->round.reports[i] = answer.report();
                          if (--running->owed == 0) End(running);
                        });
  }
}

void DnsControls::End(const std::shared_ptr<Running>& running) {
  Subject* const subject = running->subject;
  Round& round = running->round;
  Transcript before;
  before.server = subject->server;
  before.received = subject->begun;
  round.objection = ObjectionOfControls(*policy_, SampleOf(subject->list),
                                        round.random, before, round.reports);
  if (!round.reports.empty()) subject->health.Report(round.objection);
  subject->under_way = false;
  const absl::Duration pause = subject->pause;
  subject->pause = round.objection.empty()
                       ? kFirstRetestFailing
                       : std::min(2 * pause, kLastRetestFailing);
  if (!subject->waiting.empty()) {
    Schedule(subject, executor_->Now());
  } else if (!round.objection.empty()) {
    Schedule(subject, executor_->Now() + pause);
  } else if (subject->retested) {
    Schedule(subject, subject->begun + kRetest);
  }
  const std::weak_ptr<const bool> alive = alive_;
  for (const Done& done : running->waiting) {
    if (alive.expired()) return;
    done(round);
  }
}

}  // namespace mailverdict

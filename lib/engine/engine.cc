#include "lib/engine/engine.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/engine/source_settings.h"
#include "lib/loop/timer.h"

namespace mailverdict {

// One verdict under way. While it waits for an answer, only jobs_ keeps it
// alive: a resolver that never answers must not.
struct Engine::Job : std::enable_shared_from_this<Engine::Job> {
  Job(std::shared_ptr<Engine> its_engine, Transaction asked)
      : engine(std::move(its_engine)), transaction(std::move(asked)) {
    transaction.now = engine->executor_->Now();
  }

  std::shared_ptr<Engine> engine;  // until the verdict is given
  Transaction transaction;
  Facts facts{*engine->policy_, transaction};
  Done done;
  StillWaiting still_waiting;
  bool remember = false;
  Evidence evidence{
      [this](const Lookup& lookup) { return engine->FindAtHand(lookup); }};
  std::vector<Lookup> asked;
  // The time since the verdict began, set by `timers`. A lookup with no more
  // patience than this is no longer waited for: its answer is Unknown.
  absl::Duration waited;
  std::map<absl::Duration, Timer> timers;  // by patience
  bool advancing = false;  // the loop in Advance will see a new answer
  bool finished = false;
};

std::shared_ptr<Engine> Engine::Create(std::shared_ptr<const Policy> policy,
                                       Executor* executor, History* history,
                                       const Services& services, const Log& log,
                                       const Engine* predecessor) {
  auto engine = std::shared_ptr<Engine>(
      new Engine(std::move(policy), executor, history, services.chain));
  for (const DirectoryPolicy& directory : engine->policy_->directories) {
    engine->UseDirectory(directory, services, log, predecessor);
  }
  if (engine->policy_->AsksDns()) engine->UseDns(services, log, predecessor);
  return engine;
}

Engine::Engine(std::shared_ptr<const Policy> policy, Executor* executor,
               History* history, const ChainFactory& make_chain)
    : policy_(policy),
      make_chain_(make_chain),
      chain_(make_chain_(policy, {})),
      executor_(executor),
      history_(history) {}

void Engine::UseDirectory(const DirectoryPolicy& directory,
                          const Services& services, const Log& log,
                          const Engine* predecessor) {
  std::shared_ptr<CachedDirectory>& used = directories_[directory.name];
  if (predecessor != nullptr) {
    const auto before = predecessor->directories_.find(directory.name);
    if (before != predecessor->directories_.end() &&
        IsSame(before->second->policy(), directory)) {
      used = before->second;
      return;
    }
  }
  used =
      CachedDirectory::Create(directory, services.directories, executor_, log);
}

void Engine::UseDns(const Services& services, const Log& log,
                    const Engine* predecessor) {
  std::shared_ptr<const Policy> settings = DnsSettingsOf(*policy_);
  if (predecessor != nullptr && predecessor->dns_ != nullptr &&
      predecessor->dns_->server_names() == services.name_servers &&
      IsSameDnsSettings(predecessor->dns_->settings(), *settings)) {
    dns_ = predecessor->dns_;
    return;
  }
  dns_ = CachedDns::Create(std::move(settings), services.name_servers,
                           services.dns, executor_, log);
}

void Engine::Judge(Transaction transaction, Done done,
                   StillWaiting still_waiting) {
  auto job = std::make_shared<Job>(shared_from_this(), std::move(transaction));
  job->done = std::move(done);
  job->still_waiting = std::move(still_waiting);
  job->remember = true;
  Start(std::move(job));
}

void Engine::Explain(Transaction transaction, Done done) {
  auto job = std::make_shared<Job>(shared_from_this(), std::move(transaction));
  job->done = std::move(done);
  Start(std::move(job));
}

void Engine::Start(SharedJob job) {
  Advance(job);
  // Most verdicts have been given by now, from the caches. Then nothing but the
  // job itself may be touched, because the engine may be gone with it.
  if (!job->finished) job->engine->jobs_.insert(job);
}

void Engine::Advance(const SharedJob& job) {
  if (job->advancing || job->finished) return;
  job->advancing = true;
  for (;;) {
    Evaluation evaluation = Evaluate(chain_, job->facts, job->evidence);
    if (const auto* verdict = std::get_if<Verdict>(&evaluation)) {
      Finish(job, *verdict);
      return;
    }
    const size_t known = job->evidence.answers().size();
    LookUp(job, std::get<std::vector<Lookup>>(std::move(evaluation)));
    if (job->evidence.answers().size() == known) break;  // all are under way
  }
  job->advancing = false;
}

// Most verdicts need no more than the caches have, and are given by one walk
// along the chain.
std::optional<Answer> Engine::FindAtHand(const Lookup& lookup) const {
  if (const auto* history = std::get_if<HistoryLookup>(&lookup)) {
    return Answer(history_->Read(*history));
  }
  if (const auto* dns = std::get_if<DnsLookup>(&lookup)) {
    if (dns_ == nullptr) return std::nullopt;
    return dns_->cache().Find(*dns);
  }
  const auto& mailbox = std::get<MailboxLookup>(lookup);
  const auto directory = directories_.find(mailbox.directory);
  if (directory == directories_.end()) return std::nullopt;
  return directory->second->cache().Find(mailbox);
}

void Engine::LookUp(const SharedJob& job, std::vector<Lookup> lookups) {
  for (Lookup& lookup : lookups) {
    const absl::Duration patience = PatienceFor(lookup);
    if (patience <= job->waited) {
      job->evidence.Add(Answer(Report::Unknown(
          std::move(lookup),
          absl::StrCat("no answer within ", absl::FormatDuration(patience)))));
      continue;
    }
    if (std::find(job->asked.begin(), job->asked.end(), lookup) !=
        job->asked.end()) {
      continue;
    }
    job->asked.push_back(lookup);
    Ask(job, lookup);
    if (job->evidence.Find(lookup) == nullptr) Expect(job.get(), patience);
  }
}

void Engine::Ask(const SharedJob& job, const Lookup& lookup) {
  // A resolver may never call this and never release it, so it must keep
  // neither the job nor its engine alive. An answer for a finished job is
  // dropped here.
  const auto done = [weak = std::weak_ptr<Job>(job)](const Answer& answer) {
    const SharedJob waiting = weak.lock();
    if (waiting == nullptr || waiting->finished) return;
    waiting->evidence.Add(answer);
    waiting->engine->Advance(waiting);
  };
  if (const auto* dns = std::get_if<DnsLookup>(&lookup)) {
    if (dns_ != nullptr) {
      dns_->cache().Resolve(*dns, done);
    } else {
      done(Answer(Report::Unknown(lookup, "DNS is not asked")));
    }
    return;
  }
  const auto& mailbox = std::get<MailboxLookup>(lookup);
  const auto directory = directories_.find(mailbox.directory);
  if (directory != directories_.end()) {
    directory->second->cache().Resolve(mailbox, done);
  } else {
    done(Answer(Report::Unknown(lookup, "the directory is no longer asked")));
  }
}

// How long a verdict waits for this answer, counted from its start. For a list
// this is the budget of the check `dnsbl`, because that check can do without.
absl::Duration Engine::PatienceFor(const Lookup& lookup) const {
  const auto* dns = std::get_if<DnsLookup>(&lookup);
  const DnsList* const list =
      dns == nullptr ? nullptr : policy_->FindListOfName(dns->name);
  if (list == nullptr) return policy_->deadline;
  return std::min(policy_->FindCheck<DnsblCheckPolicy>()->budget,
                  policy_->deadline);
}

// Stops to wait for an answer `patience` after the verdict began. One timer
// serves all answers of the same patience.
void Engine::Expect(Job* job, absl::Duration patience) {
  Timer& timer = job->timers.try_emplace(patience, executor_).first->second;
  if (timer.pending()) return;
  timer.Set(job->transaction.now + patience - executor_->Now(),
            [job, patience] {  // the job has the timer, so it is still there
              job->waited = std::max(job->waited, patience);
              job->engine->Advance(job->shared_from_this());
            });
}

void Engine::Finish(const SharedJob& job, const Verdict& verdict) {
  job->finished = true;
  // This may be the last reference to the engine, so callers must not touch the
  // engine after Finish.
  const std::shared_ptr<Engine> self = std::move(job->engine);
  jobs_.erase(job);
  ForgetDoubted(verdict);
  Prefetch(verdict);
  // A verdict that the MTA does not get must not be remembered. Otherwise the
  // next one would rest on something that was never said.
  if (job->still_waiting && !job->still_waiting()) return;
  if (job->remember) {
    for (const Observation& observation : verdict.observations()) {
      history_->Write(observation);
    }
  }
  const Done done = std::move(job->done);
  done(job->transaction, verdict);
}

// Starts these lookups, so that their answers are in the cache when a later
// stage needs them.
void Engine::Prefetch(const Verdict& verdict) {
  for (const Lookup& lookup : verdict.prefetch()) {
    const auto* dns = std::get_if<DnsLookup>(&lookup);
    if (dns != nullptr && dns_ != nullptr) {
      dns_->cache().Resolve(*dns, [](const Answer&) {});
    }
  }
}

// Removes from the caches each absence that a check did not believe, because
// the history speaks against it. It is asked for anew the next time, so a
// replica that was half-loaded is believed as soon as it is whole.
void Engine::ForgetDoubted(const Verdict& verdict) {
  for (const Verdict::Step& step : verdict.steps()) {
    if (step.found == Disposition::kReject) continue;
    for (const Answer& answer : step.answers) {
      const auto* mailbox = std::get_if<MailboxLookup>(&answer.lookup());
      if (mailbox == nullptr || !answer.absent()) continue;
      const auto directory = directories_.find(mailbox->directory);
      if (directory != directories_.end()) {
        directory->second->cache().Forget(*mailbox);
      }
    }
  }
}

std::vector<ServerState> Engine::Servers(const std::string& directory) const {
  const auto found = directories_.find(directory);
  if (found == directories_.end()) return {};
  return found->second->servers();
}

std::vector<ServerState> Engine::DnsServers(const DnsList* list) const {
  if (dns_ == nullptr) return {};
  return dns_->servers(list);
}

void Engine::SetOverrides(Overrides overrides) {
  overrides_ = std::move(overrides);
  chain_ = make_chain_(policy_, overrides_);
}

void Engine::Stop() {
  directories_.clear();
  dns_.reset();
  // Both are copied, because the last verdict may release the engine, and each
  // verdict changes jobs_.
  const std::shared_ptr<Engine> self = shared_from_this();
  const std::vector<SharedJob> jobs(jobs_.begin(), jobs_.end());
  for (const SharedJob& job : jobs) {
    job->waited = absl::InfiniteDuration();
    Advance(job);
  }
}

}  // namespace mailverdict

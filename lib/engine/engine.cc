#include "lib/engine/engine.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mailverdict {

// One verdict on its way.
struct Engine::Job {
  std::shared_ptr<Engine> engine;
  Transaction transaction;
  bool remember = false;
  Done done;
  Evidence evidence;
  std::vector<Lookup> asked;
  absl::Duration waited;  // what was to come by then is Unknown
  std::map<absl::Duration, Executor::TimerId> timers;  // when that grows
  bool advancing = false;  // an answer that comes now is seen by the loop below
  bool finished = false;
};

std::shared_ptr<Engine> Engine::Create(std::shared_ptr<const Policy> policy,
                                       Executor* executor, History* history,
                                       const Parts& parts, const Log& log) {
  auto engine = std::shared_ptr<Engine>(
      new Engine(std::move(policy), executor, history, parts.chain));
  for (const DirectoryPolicy& directory : engine->policy_->directories) {
    engine->AddDirectory(directory, parts.directories, log);
  }
  if (engine->policy_->AsksDns()) {
    engine->UseDns(parts.names(engine->policy_), log);
  }
  return engine;
}

Engine::Engine(std::shared_ptr<const Policy> policy, Executor* executor,
               History* history, const ChainFactory& make_chain)
    : policy_(policy),
      make_chain_(make_chain),
      chain_(make_chain_(policy, {})),
      passes_(policy),
      executor_(executor),
      history_(history) {
  passes_.Use(chain_);
}

void Engine::AddDirectory(const DirectoryPolicy& policy,
                          const DirectoryFactory& directories, const Log& log) {
  HealthHooks hooks;
  hooks.log = log;
  hooks.on_trouble = [weak = weak_from_this(), name = policy.name] {
    const std::shared_ptr<Engine> engine = weak.lock();
    if (engine == nullptr) return;
    const auto source = engine->sources_.find(name);
    if (source != engine->sources_.end()) {
      source->second.cache->ForgetAbsences();
    }
  };
  Source source;
  source.directory =
      directories(std::shared_ptr<const DirectoryPolicy>(policy_, &policy),
                  std::move(hooks));
  source.cache =
      std::make_unique<AnswerCache>(policy, executor_, source.directory.get());
  sources_.emplace(policy.name, std::move(source));
}

void Engine::UseDns(std::shared_ptr<NameServers> servers, const Log& log) {
  dns_ = std::make_unique<Dns>();
  dns_->servers = std::move(servers);
  dns_->controls = std::make_unique<DnsControls>(
      policy_, executor_, dns_->servers.get(), DnsControls::BitGen(),
      [&](const std::string& server, const DnsList* list) {
        HealthHooks hooks;
        hooks.log = log;
        hooks.on_trouble = [weak = weak_from_this(), server, list] {
          const std::shared_ptr<Engine> engine = weak.lock();
          if (engine == nullptr || engine->dns_ == nullptr) return;
          engine->dns_->cache->Distrust(server, list);
        };
        return hooks;
      });
  dns_->voucher = std::make_unique<DnsVoucher>(policy_, dns_->servers.get(),
                                               dns_->controls.get());
  dns_->cache =
      std::make_unique<DnsCache>(policy_, executor_, dns_->voucher.get());
  dns_->controls->StartTests();
}

const Verdict* Engine::Recall(const TransactionView& transaction) {
  if (policy_->IsLocal(transaction.client)) return nullptr;
  return passes_.Find(transaction, executor_->Now());
}

void Engine::Judge(Transaction transaction, Done done) {
  Start(std::move(transaction), true, std::move(done));
}

void Engine::Explain(Transaction transaction, Done done) {
  Start(std::move(transaction), false, std::move(done));
}

void Engine::Start(Transaction transaction, bool remember, Done done) {
  auto job = std::make_shared<Job>();
  job->engine = shared_from_this();
  job->transaction = std::move(transaction);
  job->transaction.now = executor_->Now();
  job->remember = remember;
  job->done = std::move(done);
  Advance(job);
}

void Engine::Advance(const std::shared_ptr<Job>& job) {
  if (job->advancing || job->finished) return;
  job->advancing = true;
  for (;;) {
    Evaluation evaluation = Evaluate(chain_, job->transaction, job->evidence);
    if (const auto* verdict = std::get_if<Verdict>(&evaluation)) {
      Finish(*job, *verdict);
      return;
    }
    const size_t known = job->evidence.answers().size();
    AskAll(job, std::get<std::vector<Lookup>>(std::move(evaluation)));
    if (job->evidence.answers().size() == known) break;  // all are under way
  }
  job->advancing = false;
}

void Engine::AskAll(const std::shared_ptr<Job>& job,
                    std::vector<Lookup> lookups) {
  for (Lookup& lookup : lookups) {
    if (const auto* history = std::get_if<HistoryLookup>(&lookup)) {
      job->evidence.Add(Answer(history_->Read(*history)));
      continue;
    }
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
    if (job->evidence.Find(lookup) == nullptr) Expect(job, patience);
  }
}

void Engine::Ask(const std::shared_ptr<Job>& job, const Lookup& lookup) {
  const auto done = [job](const Answer& answer) {
    if (job->finished) return;
    job->evidence.Add(answer);
    job->engine->Advance(job);
  };
  if (const auto* dns = std::get_if<DnsLookup>(&lookup)) {
    if (dns_ != nullptr) {
      dns_->cache->Resolve(*dns, done);
    } else {
      done(Answer(Report::Unknown(lookup, "DNS is not asked")));
    }
    return;
  }
  const auto& mailbox = std::get<MailboxLookup>(lookup);
  const auto source = sources_.find(mailbox.directory);
  if (source != sources_.end()) {
    source->second.cache->Resolve(mailbox, done);
  } else {
    done(Answer(Report::Unknown(lookup, "the directory is no longer asked")));
  }
}

// Since the verdict began. A list has what its check can spare.
absl::Duration Engine::PatienceFor(const Lookup& lookup) const {
  const auto* dns = std::get_if<DnsLookup>(&lookup);
  const DnsList* const list =
      dns == nullptr ? nullptr : policy_->FindList(dns->name);
  if (list == nullptr) return policy_->deadline;
  return std::min(policy_->FindCheck<DnsblCheckPolicy>()->budget,
                  policy_->deadline);
}

// What has not come so long after the verdict began is not waited for.
void Engine::Expect(const std::shared_ptr<Job>& job, absl::Duration patience) {
  Executor::TimerId& timer = job->timers[patience];
  if (timer != 0) return;
  timer = executor_->RunAfter(
      job->transaction.now + patience - executor_->Now(), [job, patience] {
        job->timers.erase(patience);
        job->waited = std::max(job->waited, patience);
        job->engine->Advance(job);
      });
}

void Engine::Finish(Job& job, const Verdict& verdict) {
  job.finished = true;
  // A directory that still owes an answer holds the job, and must not thereby
  // hold its own engine. This may be the last hold: callers touch nothing after
  // it.
  const std::shared_ptr<Engine> self = std::move(job.engine);
  for (const auto& [patience, timer] : job.timers) executor_->Cancel(timer);
  if (job.remember) {
    for (const Observation& observation : verdict.observations()) {
      history_->Write(observation);
    }
    passes_.Keep(job.transaction, verdict);
  }
  ForgetDoubted(verdict);
  AskAhead(verdict);
  const Done done = std::move(job.done);
  done(job.transaction, verdict);
}

// What comes is in the caches when it is wanted.
void Engine::AskAhead(const Verdict& verdict) {
  for (const Lookup& lookup : verdict.prefetch()) {
    const auto* dns = std::get_if<DnsLookup>(&lookup);
    if (dns != nullptr && dns_ != nullptr) {
      dns_->cache->Resolve(*dns, [](const Answer&) {});
    }
  }
}

// An absence that a check did not believe (the memory speaks against it) is
// asked for anew each time: a replica that was half-loaded is believed as soon
// as it is whole.
void Engine::ForgetDoubted(const Verdict& verdict) {
  for (const Verdict::Step& step : verdict.steps()) {
    if (step.found == Disposition::kReject) continue;
    for (const Answer& answer : step.answers) {
      const auto* mailbox = std::get_if<MailboxLookup>(&answer.lookup());
      if (mailbox == nullptr || !answer.absent()) continue;
      const auto source = sources_.find(mailbox->directory);
      if (source != sources_.end()) source->second.cache->Forget(*mailbox);
    }
  }
}

std::vector<ServerState> Engine::Servers(const std::string& directory) const {
  const auto source = sources_.find(directory);
  if (source == sources_.end()) return {};
  return source->second.directory->servers();
}

std::vector<ServerState> Engine::DnsServers(const DnsList* list) const {
  if (dns_ == nullptr) return {};
  return dns_->controls->states(list);
}

void Engine::SetOverrides(Overrides overrides) {
  overrides_ = std::move(overrides);
  chain_ = make_chain_(policy_, overrides_);
  passes_.Use(chain_);
}

void Engine::Stop() {
  passes_.Forget();
  sources_.clear();
  dns_.reset();
}

}  // namespace mailverdict

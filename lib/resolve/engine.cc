#include "lib/resolve/engine.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/checks/build_chain.h"

namespace mailverdict {

// One verdict on its way.
struct Engine::Job {
  std::shared_ptr<Engine> engine;
  Transaction transaction;
  bool remember = false;
  Done done;
  Evidence evidence;
  std::vector<Lookup> asked;
  Executor::TimerId deadline = 0;
  bool expired = false;
  bool advancing = false;  // an answer that comes now is seen by the loop below
  bool finished = false;
};

std::shared_ptr<Engine> Engine::Create(std::shared_ptr<const Policy> policy,
                                       Executor* executor, History* history,
                                       const DirectoryFactory& directories,
                                       const Log& log) {
  auto engine =
      std::shared_ptr<Engine>(new Engine(std::move(policy), executor, history));
  const std::weak_ptr<Engine> weak = engine;
  for (const DirectoryPolicy& directory : engine->policy_->directories) {
    DirectoryHooks hooks;
    hooks.log = log;
    hooks.on_trouble = [weak, name = directory.name] {
      const std::shared_ptr<Engine> engine = weak.lock();
      if (engine == nullptr) return;
      const auto source = engine->sources_.find(name);
      if (source != engine->sources_.end()) {
        source->second.cache->ForgetAbsences();
      }
    };
    Source source;
    source.directory = directories(
        std::shared_ptr<const DirectoryPolicy>(engine->policy_, &directory),
        std::move(hooks));
    source.cache = std::make_unique<AnswerCache>(directory, executor,
                                                 source.directory.get());
    engine->sources_.emplace(directory.name, std::move(source));
  }
  return engine;
}

Engine::Engine(std::shared_ptr<const Policy> policy, Executor* executor,
               History* history)
    : policy_(policy),
      chain_(BuildChain(policy)),
      executor_(executor),
      history_(history) {}

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
  job->transaction.local = policy_->IsLocal(job->transaction.client);
  job->remember = remember;
  job->done = std::move(done);
  Advance(job);
  if (job->finished) return;
  job->deadline = executor_->RunAfter(policy_->deadline,
                                      [job] { job->engine->Expire(job); });
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
    if (job->expired) {
      job->evidence.Add(Answer(Report::Unknown(
          std::move(lookup),
          absl::StrCat("no answer within ",
                       absl::FormatDuration(policy_->deadline)))));
      continue;
    }
    bool under_way = false;
    for (const Lookup& asked : job->asked) under_way |= asked == lookup;
    if (under_way) continue;
    job->asked.push_back(lookup);
    const auto* mailbox = std::get_if<MailboxLookup>(&lookup);
    if (mailbox == nullptr) {
      job->evidence.Add(
          Answer(Report::Unknown(std::move(lookup), "DNS is not asked")));
      continue;
    }
    const auto source = sources_.find(mailbox->directory);
    if (source == sources_.end()) {
      job->evidence.Add(Answer(Report::Unknown(
          std::move(lookup), "the directory is no longer asked")));
      continue;
    }
    source->second.cache->Resolve(*mailbox, [job](const Answer& answer) {
      if (job->finished) return;
      job->evidence.Add(answer);
      job->engine->Advance(job);
    });
  }
}

void Engine::Expire(const std::shared_ptr<Job>& job) {
  job->deadline = 0;
  job->expired = true;
  Advance(job);
}

void Engine::Finish(Job& job, const Verdict& verdict) {
  job.finished = true;
  // A directory that still owes an answer holds the job, and must not thereby
  // hold its own engine. This may be the last hold: callers touch nothing after
  // it.
  const std::shared_ptr<Engine> self = std::move(job.engine);
  executor_->Cancel(job.deadline);
  if (job.remember) {
    for (const Observation& observation : verdict.observations()) {
      history_->Write(observation);
    }
  }
  ForgetDoubted(verdict);
  const Done done = std::move(job.done);
  done(job.transaction, verdict);
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

void Engine::SetOverrides(Overrides overrides) {
  overrides_ = std::move(overrides);
  chain_ = BuildChain(policy_, overrides_);
}

void Engine::Stop() { sources_.clear(); }

}  // namespace mailverdict

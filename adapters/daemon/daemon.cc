#include "adapters/daemon/daemon.h"

#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "adapters/daemon/maps.h"
#include "adapters/daemon/privileges.h"
#include "adapters/daemon/version.h"
#include "lib/history/lmdb_store.h"
#include "lib/history/memory_store.h"
#include "lib/history/stored_history.h"
#include "lib/resolve/directory.h"
#include "lib/resolve/dns_resolver.h"

namespace mailverdict {
namespace {

// Each connection and each directory wants a descriptor.
void RaiseDescriptorLimit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

bool SameProcess(const Policy& a, const Policy& b) {
  const auto same = [](const ListenerPolicy& x, const ListenerPolicy& y) {
    return x.protocol == y.protocol && x.address == y.address &&
           x.mode == y.mode && x.owner == y.owner && x.group == y.group;
  };
  return a.listeners.size() == b.listeners.size() &&
         std::equal(a.listeners.begin(), a.listeners.end(), b.listeners.begin(),
                    same) &&
         a.user == b.user && a.log == b.log &&
         a.max_connections == b.max_connections &&
         a.history_file == b.history_file && a.history_max == b.history_max;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Daemon>> Daemon::Start(
    const std::string& policy_path) {
  absl::StatusOr<LoadedPolicy> loaded = ReadPolicyFile(policy_path);
  if (!loaded.ok()) return loaded.status();
  const Policy& policy = loaded->policy;
  absl::StatusOr<std::unique_ptr<EventLoop>> loop = EventLoop::Create();
  if (!loop.ok()) return loop.status();

  auto daemon = std::unique_ptr<Daemon>(new Daemon(policy_path));
  daemon->loop_ = *std::move(loop);
  daemon->started_at_ = daemon->loop_->Now();
  RaiseDescriptorLimit();
  absl::Status status = daemon->Listen(policy);
  if (status.ok()) status = DropPrivileges(policy.user);
  if (status.ok()) status = daemon->WatchSignals();
  if (!status.ok()) return status;
  // Later the same files are read as the user that we have become; better to
  // hear of it now than at the first SIGHUP.
  if (const auto again = ReadPolicyFile(policy_path); !again.ok()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "as user \"", policy.user, "\": ", again.status().message()));
  }

  // From here on there are threads.
  daemon->log_ = std::make_unique<LogWriter>(policy.log);
  status = daemon->OpenHistory(policy);
  if (!status.ok()) return status;
  std::string where;
  for (const std::string& address : daemon->maps_->addresses()) {
    absl::StrAppend(&where, where.empty() ? "" : ", ", address);
  }
  if (daemon->milter_ != nullptr) {
    absl::StrAppend(&where, where.empty() ? "" : ", ", "milter ",
                    daemon->milter_->address());
  }
  for (const std::string& address : daemon->control_->addresses()) {
    absl::StrAppend(&where, where.empty() ? "" : ", ", "control ", address);
  }
  daemon->log_->Write(Severity::kInfo,
                      absl::StrCat("mailverdictd ", kVersion, " serves ",
                                   policy_path, " on ", where));
  daemon->Use(*std::move(loaded));
  daemon->WatchFiles();
  if (daemon->milter_ != nullptr) {
    daemon->milter_->Start([daemon = daemon.get()] {
      daemon->log_->Write(Severity::kError,
                          "libmilter has given up (the mail log says why); "
                          "ending, to be started again");
      daemon->failed_ = true;
      daemon->loop_->Stop();
    });
  }
  return daemon;
}

Daemon::Daemon(std::string policy_path)
    : policy_path_(std::move(policy_path)) {}

Daemon::~Daemon() {
  if (reloading_.joinable()) reloading_.join();
  maps_.reset();
  control_.reset();
  milter_.reset();
  // Verdicts under way hold older engines; the directories end before the loop.
  for (const std::weak_ptr<Engine>& weak : engines_) {
    if (const std::shared_ptr<Engine> engine = weak.lock()) engine->Stop();
  }
  engine_.reset();
  history_.reset();  // which may still log
  loop_.reset();
}

absl::Status Daemon::Listen(const Policy& policy) {
  const LogSink log = [this](Severity severity, std::string_view line) {
    log_->Write(severity, line);
  };
  socketmap::ServerLimits limits;
  limits.max_connections = policy.max_connections;
  maps_ = std::make_unique<socketmap::Server>(
      loop_.get(),
      [this](const socketmap::Request& request, socketmap::Reply reply) {
        AnswerMap(this, request, reply);
      },
      log, limits);
  control_ = std::make_unique<socketmap::Server>(
      loop_.get(),
      [this](const socketmap::Request& request, socketmap::Reply reply) {
        AnswerControl(this, request, reply);
      },
      log, limits);
  if (policy.listeners.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat(policy_path_,
                     ": no listener; add listener { socketmap: "
                     "\"unix:/run/mailverdict/socketmap\" }"));
  }
  for (const ListenerPolicy& listener : policy.listeners) {
    const absl::Status status = ListenOn(listener, policy.max_connections);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Daemon::ListenOn(const ListenerPolicy& listener, size_t limit) {
  const UnixSocketOptions options{static_cast<mode_t>(listener.mode),
                                  listener.owner, listener.group};
  switch (listener.protocol) {
    case ListenerPolicy::Protocol::kSocketmap:
      return maps_->Listen(listener.address, options);
    case ListenerPolicy::Protocol::kControl:
      return control_->Listen(listener.address, options);
    case ListenerPolicy::Protocol::kMilter:
      break;
  }
  absl::StatusOr<std::unique_ptr<milter::Milter>> opened = milter::Milter::Open(
      listener.address, options, limit, loop_.get(),
      [this](Transaction asked, milter::Done done) {
        if (const Verdict* verdict = Recall(TransactionView::Of(asked))) {
          done(*verdict);
        } else {
          Judge(std::move(asked), std::move(done));
        }
      });
  if (opened.ok()) milter_ = *std::move(opened);
  return opened.status();
}

absl::Status Daemon::OpenHistory(const Policy& policy) {
  std::unique_ptr<Store> store;
  if (policy.history_file.empty()) {
    store = std::make_unique<MemoryStore>(policy.history_max);
  } else {
    LmdbStore::Options options;
    options.path = policy.history_file;
    options.max_entries = policy.history_max;
    options.log = [this](const std::string& line) {
      log_->Write(Severity::kWarning, line);
    };
    absl::StatusOr<std::unique_ptr<LmdbStore>> opened =
        LmdbStore::Open(std::move(options));
    if (!opened.ok()) return opened.status();
    store = *std::move(opened);
  }
  history_ = std::make_unique<StoredHistory>(std::move(store));
  return absl::OkStatus();
}

absl::Status Daemon::WatchSignals() {
  signal(SIGPIPE, SIG_IGN);
  for (const int signal : {SIGTERM, SIGINT}) {
    const absl::Status status =
        loop_->OnSignal(signal, [this] { Terminate(); });
    if (!status.ok()) return status;
  }
  return loop_->OnSignal(SIGHUP, [this] { Reload(); });
}

void Daemon::Use(LoadedPolicy loaded) {
  for (const std::string& warning : loaded.warnings) {
    log_->Write(Severity::kWarning, warning);
  }
  std::vector<std::string> watched = WatchedFiles(loaded.policy);
  if (loaded.policy.AsksDns() && loaded.policy.dns.servers.empty()) {
    watched.push_back(kResolvConf);
  }
  watch_ = FileWatch(watched);
  Use(std::make_shared<const Policy>(std::move(loaded.policy)));
}

void Daemon::Use(std::shared_ptr<const Policy> policy) {
  if (started_ == nullptr) started_ = policy;
  // The old engine ends when its last verdict is given.
  Engine::Parts parts;
  parts.directories = [this](std::shared_ptr<const DirectoryPolicy> directory,
                             HealthHooks hooks) {
    return std::make_shared<Directory>(std::move(directory), loop_.get(),
                                       std::move(hooks));
  };
  parts.names = [this](std::shared_ptr<const Policy> policy) {
    return OpenDns(std::move(policy));
  };
  engine_ = Engine::Create(policy, loop_.get(), history_.get(), parts,
                           [this](const std::string& line) {
                             log_->Write(Severity::kWarning, line);
                           });
  const auto ended = [](const std::weak_ptr<Engine>& e) { return e.expired(); };
  engines_.erase(std::remove_if(engines_.begin(), engines_.end(), ended),
                 engines_.end());
  engines_.push_back(engine_);
  if (milter_ != nullptr) {
    milter_->Use(NeededStages(engine_->chain()), JudgedStages(engine_->chain()),
                 policy->deadline);
  }
}

// Where it cannot be said which servers there are, none is asked: what they
// would say is Unknown.
std::shared_ptr<NameServers> Daemon::OpenDns(
    std::shared_ptr<const Policy> policy) {
  DnsOptions options;
  options.timeout = policy->dns.timeout;
  options.apart = [policy](const DnsLookup& lookup) {
    return policy->FindList(lookup.name) != nullptr;
  };
  absl::StatusOr<DnsServers> servers = ServersOf(policy->dns);
  std::string where;
  if (servers.ok()) {
    dns_servers_ = *std::move(servers);
    options.servers = dns_servers_.servers;
    for (const std::string& complaint : dns_servers_.complaints) {
      log_->Write(Severity::kWarning, complaint);
    }
    for (const DnsServer& server : options.servers) {
      absl::StrAppend(&where, where.empty() ? "" : ", ", server.ToString());
    }
    log_->Write(Severity::kInfo, absl::StrCat("DNS is asked at ", where));
  } else {
    log_->Write(Severity::kError,
                absl::StrCat("DNS is not asked: ", servers.status().message()));
  }
  return std::make_shared<DnsResolver>(options, loop_.get());
}

bool Daemon::Run() {
  loop_->Run();
  return !failed_;
}

// Files may be large and disks slow, so they are read on a thread.
void Daemon::Reload() {
  if (reloading_.joinable()) {
    reload_again_ = true;
    return;
  }
  reloading_ = std::thread([this] {
    auto loaded = std::make_shared<absl::StatusOr<LoadedPolicy>>(
        ReadPolicyFile(policy_path_));
    loop_->Post([this, loaded] { Reloaded(std::move(*loaded)); });
  });
}

// False when another is to be read: it changed while this one was.
bool Daemon::EndReading() {
  reloading_.join();
  if (!std::exchange(reload_again_, false)) return true;
  Reload();
  return false;
}

void Daemon::Reloaded(absl::StatusOr<LoadedPolicy> loaded) {
  if (!EndReading()) return;
  if (!loaded.ok()) {
    log_->Write(Severity::kError,
                absl::StrCat("policy refused, the old one stays: ",
                             loaded.status().message()));
    return;
  }
  if (!SameProcess(*started_, loaded->policy)) {
    log_->Write(Severity::kWarning,
                absl::StrCat(policy_path_,
                             ": listeners, user, log, history and "
                             "max_connections change with a restart only"));
  }
  EndOverrides();
  Use(*std::move(loaded));
  log_->Write(Severity::kInfo, absl::StrCat(policy_path_, " read again"));
}

void Daemon::WatchFiles() {
  loop_->RunAfter(kLookAtFiles, [this] {
    if (watch_.Look() && !reloading_.joinable()) {
      reloading_ = std::thread([this, policy = engine_->shared_policy()] {
        auto read =
            std::make_shared<absl::StatusOr<Policy>>(ReadWatchedFiles(*policy));
        loop_->Post([this, read] { ReadFiles(std::move(*read)); });
      });
    }
    WatchFiles();
  });
}

// What operators have set stays in force, and the policy is not read.
void Daemon::ReadFiles(absl::StatusOr<Policy> read) {
  if (!EndReading()) return;
  if (!read.ok()) {
    log_->Write(Severity::kError,
                absl::StrCat("a list is refused, the old one stays: ",
                             read.status().message()));
    return;
  }
  const absl::StatusOr<DnsServers> servers = ServersOf(read->dns);
  const bool same_servers =
      !read->AsksDns() || (servers.ok() && *servers == dns_servers_);
  if (same_servers && SameWatchedFiles(engine_->policy(), *read)) return;
  const Overrides overrides = engine_->overrides();
  Use(std::make_shared<const Policy>(*std::move(read)));
  engine_->SetOverrides(overrides);
  log_->Write(Severity::kInfo,
              absl::StrCat("what ", policy_path_, " names has changed"));
}

void Daemon::Terminate() {
  if (terminating_) {
    loop_->Stop();
    return;
  }
  terminating_ = true;
  log_->Write(Severity::kInfo, "ending: what is under way is still answered");
  const absl::Duration grace = engine_->policy().deadline + kDrain;
  draining_ = milter_ == nullptr ? 2 : 3;
  maps_->Drain(grace, [this] { Drained(); });
  control_->Drain(grace, [this] { Drained(); });
  if (milter_ != nullptr) milter_->Drain(grace, [this] { Drained(); });
}

void Daemon::Drained() {
  if (--draining_ == 0) loop_->Stop();
}

}  // namespace mailverdict

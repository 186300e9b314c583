#include "adapters/daemon/daemon.h"

#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "adapters/daemon/maps.h"
#include "adapters/daemon/policy_load.h"
#include "adapters/daemon/privileges.h"
#include "adapters/daemon/version.h"
#include "lib/dns/dns_resolver.h"
#include "lib/history/lmdb_store.h"
#include "lib/history/memory_store.h"
#include "lib/history/stored_history.h"
#include "lib/ldap/directory.h"

namespace mailverdict {
namespace {

// How many lines tell of verdicts that came too late, in which time.
constexpr int kLateLines = 5;
constexpr absl::Duration kLatePeriod = absl::Seconds(10);

// Each connection and each directory wants a descriptor.
void RaiseDescriptorLimit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Daemon>> Daemon::Start(
    const std::string& policy_path) {
  absl::StatusOr<std::unique_ptr<EventLoop>> loop = EventLoop::Create();
  if (!loop.ok()) return loop.status();
  PolicyLoadOptions options;
  options.policy_path = policy_path;
  options.compare_with_saved = true;
  options.now = (*loop)->Now();
  const absl::StatusOr<LoadedPolicyFiles> first = LoadPolicyFiles(options);
  if (!first.ok()) return first.status();
  const DaemonPolicy& policy = first->loaded.daemon;

  auto daemon = std::unique_ptr<Daemon>(new Daemon(policy_path));
  daemon->loop_ = *std::move(loop);
  daemon->load_task_ = std::make_unique<BackgroundTask>(daemon->loop_.get());
  daemon->settings_at_start_ = policy;
  daemon->poll_files_.emplace(daemon->loop_.get());
  daemon->started_at_ = daemon->loop_->Now();
  RaiseDescriptorLimit();
  absl::Status status = daemon->Listen(policy);
  if (status.ok()) status = DropPrivileges(policy.user);
  if (status.ok()) status = daemon->WatchSignals();
  if (!status.ok()) return status;
  // Later the same files are read as the user that we have become; better to
  // hear of it now than at the first SIGHUP.
  absl::StatusOr<LoadedPolicyFiles> read = LoadPolicyFiles(options);
  if (!read.ok()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "as user \"", policy.user, "\": ", read.status().message()));
  }

  // From here on there are threads.
  absl::StatusOr<std::unique_ptr<LogWriter>> log = LogWriter::Start(policy.log);
  if (!log.ok()) return log.status();
  daemon->log_ = *std::move(log);
  daemon->watchdog_ = std::make_unique<Watchdog>(
      daemon->loop_.get(), kStallLimit,
      [log = daemon->log_.get()](const std::string& line) {
        log->Write(Severity::kError, line);
      });
  status = daemon->OpenHistory(policy.history);
  if (!status.ok()) return status;
  std::string where;
  for (const std::string& address : daemon->maps_->addresses()) {
    absl::StrAppend(&where, where.empty() ? "" : ", ", address);
  }
  if (daemon->milter_ != nullptr) {
    absl::StrAppend(&where, where.empty() ? "" : ", ", "milter ",
                    daemon->milter_->address());
  }
  for (const std::string& address : daemon->admin_->addresses()) {
    absl::StrAppend(&where, where.empty() ? "" : ", ", "admin ", address);
  }
  daemon->log_->Write(Severity::kInfo,
                      absl::StrCat("mailverdictd ", kVersion, " serves ",
                                   policy_path, " on ", where));
  for (const std::string& alarm : read->alarms) {
    daemon->log_->Write(Severity::kError, alarm);
  }
  const bool damaged = read->saved_lists_damaged;
  daemon->Apply(*std::move(read), /*whole=*/true);
  daemon->LogSaved(SaveLists(policy.history.path, daemon->lists_, damaged));
  daemon->PollFiles();
  if (daemon->milter_ != nullptr) {
    status = daemon->milter_->Start([daemon = daemon.get()] {
      daemon->log_->Write(Severity::kError,
                          "libmilter has given up (the mail log says why); "
                          "ending, to be started again");
      daemon->failed_ = true;
      daemon->at_once_ = true;
      daemon->loop_->Stop();
    });
    if (!status.ok()) return status;
  }
  return daemon;
}

Daemon::Daemon(std::string policy_path)
    : policy_path_(std::move(policy_path)) {}

Daemon::~Daemon() {
  load_task_.reset();
  maps_.reset();
  admin_.reset();
  milter_.reset();
  // Verdicts under way hold older engines; the directories end before the loop.
  for (const std::weak_ptr<Engine>& weak : engines_) {
    if (const std::shared_ptr<Engine> engine = weak.lock()) engine->Stop();
  }
  engine_.reset();
  history_.reset();  // which may still log
  poll_files_.reset();
  watchdog_.reset();
  if (at_once_) loop_->AllowLeftovers("verdicts are under way");
  loop_.reset();
}

absl::Status Daemon::Listen(const DaemonPolicy& policy) {
  const LogSink log = [this](Severity severity, std::string_view line) {
    log_->Write(severity, line);
  };
  late_ = std::make_unique<LimitedLog>(log, kLateLines, kLatePeriod);
  socketmap::ServerLimits limits;
  limits.max_connections = policy.max_connections;
  maps_ = std::make_unique<socketmap::Server>(
      loop_.get(),
      [this](const socketmap::Request& request, socketmap::Responder reply) {
        AnswerMapRequest(this, request, reply);
      },
      log, limits);
  admin_ = std::make_unique<socketmap::Server>(
      loop_.get(),
      [this](const socketmap::Request& request, socketmap::Responder reply) {
        AnswerAdminRequest(this, request, reply);
      },
      log, limits);
  for (const Listener& listener : policy.listeners) {
    const absl::Status status = ListenOn(listener, policy.max_connections);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Daemon::ListenOn(const Listener& listener, size_t limit) {
  const UnixSocketOptions options{static_cast<mode_t>(listener.mode),
                                  listener.owner, listener.group};
  switch (listener.protocol) {
    case Listener::Protocol::kSocketmap:
      return maps_->Listen(listener.address, options);
    case Listener::Protocol::kAdmin:
      return admin_->Listen(listener.address, options);
    case Listener::Protocol::kMilter:
      break;
  }
  absl::StatusOr<std::unique_ptr<milter::Milter>> opened = milter::Milter::Open(
      listener.address, options, limit, loop_.get(),
      [this](Transaction asked, milter::Done done,
             milter::StillWaiting still_waiting) {
        Judge(std::move(asked), std::move(done), std::move(still_waiting));
      });
  if (opened.ok()) milter_ = *std::move(opened);
  return opened.status();
}

absl::Status Daemon::OpenHistory(const HistoryFile& file) {
  std::unique_ptr<Store> store;
  if (file.path.empty()) {
    store = std::make_unique<MemoryStore>(file.max_entries);
  } else {
    LmdbStore::Options options;
    options.path = file.path;
    options.max_entries = file.max_entries;
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
  return loop_->OnSignal(SIGHUP, [this] { StartLoad(true); });
}

void Daemon::MakeEngine(std::shared_ptr<const Policy> policy) {
  Engine::Services services;
  services.directories = [this](
                             std::shared_ptr<const DirectoryPolicy> directory,
                             HealthHooks hooks) {
    // A directory that is made anew with the same name and bind_dn waits as
    // the old one did after a password that was refused.
    std::shared_ptr<BindAccount>& account =
        accounts_[{directory->name, directory->bind_dn}];
    if (account == nullptr) account = std::make_shared<BindAccount>();
    return std::make_shared<Directory>(std::move(directory), loop_.get(),
                                       std::move(hooks), account);
  };
  services.dns = [this](std::shared_ptr<const Policy> settings) {
    return OpenDns(std::move(settings));
  };
  if (dns_servers_.has_value() && dns_servers_->ok()) {
    for (const DnsServer& server : (*dns_servers_)->servers) {
      services.name_servers.push_back(server.ToString());
    }
  }
  // The old engine ends when its last verdict is given. What the policies say
  // the same about stays: connections, caches, the state of controls.
  engine_ = Engine::Create(
      policy, loop_.get(), history_.get(), services,
      [this](const std::string& line) {
        log_->Write(Severity::kWarning, line);
      },
      engine_.get());
  const auto ended = [](const std::weak_ptr<Engine>& e) { return e.expired(); };
  engines_.erase(std::remove_if(engines_.begin(), engines_.end(), ended),
                 engines_.end());
  engines_.push_back(engine_);
  if (milter_ != nullptr) {
    milter_->Configure(NeededStages(engine_->chain()),
                       JudgedStages(engine_->chain()), policy->deadline);
  }
}

// Where it cannot be said which servers there are, none is asked: what they
// would say is Unknown.
std::shared_ptr<NameServers> Daemon::OpenDns(
    std::shared_ptr<const Policy> settings) {
  DnsOptions options;
  options.timeout = settings->dns.timeout;
  if (dns_servers_.has_value() && dns_servers_->ok()) {
    options.servers = (*dns_servers_)->servers;
  }
  options.own_channel = [settings](const DnsLookup& lookup) {
    return settings->FindListOfName(lookup.name) != nullptr;
  };
  std::string where;
  for (const DnsServer& server : options.servers) {
    absl::StrAppend(&where, where.empty() ? "" : ", ", server.ToString());
  }
  if (!where.empty()) {
    log_->Write(Severity::kInfo, absl::StrCat("DNS is asked at ", where));
  }
  return std::make_shared<DnsResolver>(options, loop_.get());
}

bool Daemon::Run() {
  loop_->Run();
  // A file system that hangs must not hang the end.
  leaves_a_thread_ = !load_task_->WaitFor(kMaxWaitForLoad);
  if (leaves_a_thread_) {
    log_->Write(Severity::kWarning,
                "a file that the policy names is still being read, and is not "
                "waited for: does its file system hang?");
  }
  return !failed_;
}

void Daemon::Terminate() {
  if (terminating_) {
    at_once_ = true;
    loop_->Stop();
    return;
  }
  terminating_ = true;
  log_->Write(Severity::kInfo, "ending: what is under way is still answered");
  const absl::Duration grace = engine_->policy().deadline + kDrain;
  draining_ = milter_ == nullptr ? 2 : 3;
  maps_->Drain(grace, [this] { Drained(); });
  admin_->Drain(grace, [this] { Drained(); });
  if (milter_ != nullptr) milter_->Drain(grace, [this] { Drained(); });
}

void Daemon::Drained() {
  if (--draining_ == 0) loop_->Stop();
}

}  // namespace mailverdict

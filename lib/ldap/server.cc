#include "lib/ldap/server.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/ldap/host_addresses.h"
#include "lib/ldap/worker.h"
#include "lib/loop/start_thread.h"

namespace mailverdict {

DirectoryServer::DirectoryServer(std::shared_ptr<const DirectoryPolicy> policy,
                                 size_t server, Executor* executor,
                                 HealthHooks hooks,
                                 absl::Duration look_up_every,
                                 std::shared_ptr<BindAccount> account)
    : uri_(policy->uris[server]),
      look_up_every_(look_up_every),
      log_(hooks.log),
      worker_(std::make_shared<DirectoryWorker>(
          policy, server, executor, std::move(hooks),
          account != nullptr ? std::move(account)
                             : std::make_shared<BindAccount>())),
      start_again_(executor) {
  LdapConnection::IgnoreAmbientDefaults();
  StartThreads();
}

// Called at first, and again while one of the threads could not be started. A
// system that allows no further thread must not end the daemon, and must not
// cost it a directory for good.
void DirectoryServer::StartThreads() {
  absl::Status status;
  if (!thread_.joinable()) {
    absl::StatusOr<std::thread> thread =
        StartThread([worker = worker_] { worker->Run(); });
    if (thread.ok()) {
      thread_ = *std::move(thread);
    } else {
      status = thread.status();
      worker_->CannotRun(absl::StrCat(
          "connecting takes a thread, and there is ", status.message(),
          "; tried again each ", absl::FormatDuration(kStartAgain)));
    }
  }
  if (status.ok()) status = StartWatch();
  if (!status.ok()) start_again_.Set(kStartAgain, [this] { StartThreads(); });
}

absl::Status DirectoryServer::StartWatch() {
  const std::string name = HostNameOf(uri_);
  if (name.empty() || watch_ != nullptr) return absl::OkStatus();
  auto watch =
      HostWatch::Start(name, look_up_every_, LookUpHost,
                       [worker = worker_.get()](HostAddresses addresses) {
                         worker->SetAddresses(std::move(addresses));
                       });
  if (watch.ok()) {
    watch_ = *std::move(watch);
  } else if (!said_not_watched_ && log_) {
    said_not_watched_ = true;
    log_(absl::StrCat(
        "directory server ", uri_,
        ": should its name move to another address, "
        "the connection will not follow, since looking it up takes a thread, "
        "and there is ",
        watch.status().message(), "; tried again each ",
        absl::FormatDuration(kStartAgain)));
  }
  return watch.status();
}

DirectoryServer::~DirectoryServer() {
  watch_.reset();  // it has a pointer to the worker
  const bool ends = worker_->Stop();
  if (!thread_.joinable()) return;
  if (ends) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

void DirectoryServer::Resolve(const MailboxLookup& lookup, Done done) {
  worker_->Resolve(lookup, std::move(done));
}

ServerState DirectoryServer::state() const { return worker_->state(); }

}  // namespace mailverdict

#include "lib/ldap/server.h"

#include <string>
#include <utility>

#include "lib/ldap/host_addresses.h"
#include "lib/ldap/worker.h"
#include "lib/loop/quiet_thread.h"

namespace mailverdict {

DirectoryServer::DirectoryServer(std::shared_ptr<const DirectoryPolicy> policy,
                                 size_t server, Executor* executor,
                                 HealthHooks hooks,
                                 absl::Duration look_up_every,
                                 std::shared_ptr<BindAccount> account)
    : worker_(std::make_shared<DirectoryWorker>(
          policy, server, executor, std::move(hooks),
          account != nullptr ? std::move(account)
                             : std::make_shared<BindAccount>())) {
  LdapConnection::IgnoreAmbientDefaults();
  thread_ = StartQuietThread([worker = worker_] { worker->Run(); });
  const std::string name = HostNameOf(policy->uris[server]);
  if (name.empty()) return;
  watch_ = std::make_unique<HostWatch>(
      name, look_up_every, LookUpHost,
      [worker = worker_.get()](HostAddresses addresses) {
        worker->SetAddresses(std::move(addresses));
      });
}

DirectoryServer::~DirectoryServer() {
  watch_.reset();  // it knows the worker
  if (worker_->Stop()) {
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
